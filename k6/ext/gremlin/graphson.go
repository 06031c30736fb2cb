package gremlin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
)

// deepest nesting of values, so that neither a script's ring of objects nor a server's answer exhausts the stack.
const deepest = 100

// mostTraversers that a bulk may unfold into.
const mostTraversers = 1_000_000

// encode writes a JavaScript value as GraphSON 3: whole numbers as Int32 or Int64, others as Double, lists as List, objects as Map, and objects
// with @type as they are.
func encode(b *bytes.Buffer, value any, depth int) error {
	if depth > deepest {
		return fmt.Errorf("expected at most %d levels of lists and objects", deepest)
	}
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case string:
		b.Write(quoted(v))
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		name := "g:Int64"
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			name = "g:Int32"
		}
		fmt.Fprintf(b, `{"@type":%q,"@value":%d}`, name, v)
	case *big.Int:
		if !v.IsInt64() {
			return fmt.Errorf("expected at most 64 bits, got %s", v)
		}
		fmt.Fprintf(b, `{"@type":"g:Int64","@value":%s}`, v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("expected a finite number, got %v", v)
		}
		fmt.Fprintf(b, `{"@type":"g:Double","@value":%s}`, strconv.FormatFloat(v, 'g', -1, 64))
	case []any:
		return encodeList(b, "g:List", v, depth)
	case map[string]any:
		return encodeMap(b, v, depth)
	default:
		return fmt.Errorf("expected a string, number, boolean, list or object, got %T", value)
	}
	return nil
}

func encodeList(b *bytes.Buffer, name string, list []any, depth int) error {
	fmt.Fprintf(b, `{"@type":%q,"@value":[`, name)
	for i, one := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(b, one, depth+1); err != nil {
			return err
		}
	}
	b.WriteString(`]}`)
	return nil
}

func encodeMap(b *bytes.Buffer, object map[string]any, depth int) error {
	if _, typed := object["@type"]; typed {
		text, err := json.Marshal(object)
		if err != nil {
			return errors.New("expected plain values in an object with @type")
		}
		b.Write(text)
		return nil
	}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names)
	pairs := make([]any, 0, 2*len(names))
	for _, name := range names {
		pairs = append(pairs, name, object[name])
	}
	return encodeList(b, "g:Map", pairs, depth)
}

// encodeSteps writes [["V"],["has","name","x"]] as the steps of a bytecode.
func encodeSteps(steps []any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, step := range steps {
		words, ok := step.([]any)
		if !ok || len(words) == 0 {
			return nil, fmt.Errorf("step %d: expected a list that begins with the step's name", i)
		}
		if _, ok := words[0].(string); !ok {
			return nil, fmt.Errorf("step %d: expected the step's name, got %v", i, words[0])
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('[')
		for j, word := range words {
			if j > 0 {
				b.WriteByte(',')
			}
			if err := encode(&b, word, 0); err != nil {
				return nil, fmt.Errorf("step %d (%v): %w", i, words[0], err)
			}
		}
		b.WriteByte(']')
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}
