package cql

import (
	"fmt"
	"math/big"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/grafana/sobek"
)

// bind turns JavaScript's values into what the driver marshals.
func bind(values []any) ([]any, error) {
	bound := make([]any, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case sobek.ArrayBuffer:
			bound[i] = v.Bytes()
		case *big.Int:
			bound[i] = *v
		case nil, string, bool, int64, float64, []byte, time.Time, []any, map[string]any:
			bound[i] = v
		default:
			return nil, fmt.Errorf("values[%d]: expected a string, number, boolean, BigInt, Date, ArrayBuffer, list, object or null, got %T", i, value)
		}
	}
	return bound, nil
}

const safeInteger = 1<<53 - 1

// plain turns a row's value into one that JavaScript can hold without loss: whole numbers beyond 2⁵³ become BigInt, UUIDs text, blobs ArrayBuffer.
func plain(rt *sobek.Runtime, value any) any {
	switch v := value.(type) {
	case int:
		return whole(int64(v))
	case int64:
		return whole(v)
	case *big.Int:
		if v == nil {
			return nil
		}
		return v
	case []byte:
		if v == nil {
			return nil
		}
		return rt.NewArrayBuffer(v)
	case gocql.UUID:
		return v.String()
	case time.Time:
		return v.UnixMilli()
	case fmt.Stringer:
		return v.String()
	default:
		return value
	}
}

func whole(n int64) any {
	if n > safeInteger || n < -safeInteger {
		return big.NewInt(n)
	}
	return n
}

func plainRows(rt *sobek.Runtime, rows []map[string]any) []map[string]any {
	for _, row := range rows {
		for column, value := range row {
			row[column] = plain(rt, value)
		}
	}
	return rows
}
