package gremlin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// decodeAll gives the results of an answer, of all its parts, as plain values: traversers are unfolded by their bulk.
func decodeAll(parts []json.RawMessage) ([]any, error) {
	all := []any{}
	for _, part := range parts {
		if len(part) == 0 || string(part) == "null" {
			continue
		}
		value, err := decodeText(part)
		if err != nil {
			return nil, err
		}
		list, ok := value.([]any)
		if !ok {
			return nil, errors.New("expected a list of results from the server")
		}
		for _, one := range list {
			traverser, isTraverser := one.(traverser)
			if !isTraverser {
				all = append(all, one)
				continue
			}
			if traverser.bulk < 0 || traverser.bulk > int64(mostTraversers-len(all)) {
				return nil, fmt.Errorf("expected at most %d results", mostTraversers)
			}
			for range traverser.bulk {
				all = append(all, traverser.value)
			}
		}
	}
	return all, nil
}

type traverser struct {
	bulk  int64
	value any
}

func decodeText(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var raw any
	if err := decoder.Decode(&raw); err != nil {
		return nil, fmt.Errorf("expected GraphSON from the server: %w", err)
	}
	return decode(raw, 0)
}

// decode turns GraphSON 3 into plain values. Whole numbers beyond 2⁵³ become BigInt; types that are not plain stay objects with @type and @value.
func decode(raw any, depth int) (any, error) {
	if depth > deepest {
		return nil, fmt.Errorf("expected at most %d levels from the server", deepest)
	}
	switch v := raw.(type) {
	case json.Number:
		return number(string(v))
	case []any:
		return decodeEach(v, depth)
	case map[string]any:
		name, typed := v["@type"].(string)
		if !typed {
			return decodeObject(v, depth)
		}
		return decodeTyped(name, v["@value"], depth)
	default:
		return raw, nil
	}
}

func decodeTyped(name string, value any, depth int) (any, error) {
	switch name {
	case "g:Int32", "g:Int64", "gx:Int16", "gx:Byte", "gx:BigInteger", "g:Date", "g:Timestamp":
		n, ok := value.(json.Number)
		if !ok {
			return nil, fmt.Errorf("expected a number in %s from the server", name)
		}
		return number(string(n))
	case "g:Double", "g:Float":
		return double(value)
	case "g:UUID", "g:T", "g:Direction", "gx:InetAddress":
		return value, nil
	case "g:List", "g:Set":
		list, ok := value.([]any)
		if !ok {
			return nil, fmt.Errorf("expected a list in %s from the server", name)
		}
		return decodeEach(list, depth)
	case "g:Map":
		return decodeMap(value, depth)
	case "g:Traverser":
		return decodeTraverser(value, depth)
	default:
		inner, err := decode(value, depth+1)
		return map[string]any{"@type": name, "@value": inner}, err
	}
}

func decodeEach(list []any, depth int) (any, error) {
	out := make([]any, len(list))
	for i, one := range list {
		value, err := decode(one, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

func decodeObject(object map[string]any, depth int) (any, error) {
	out := make(map[string]any, len(object))
	for key, one := range object {
		value, err := decode(one, depth+1)
		if err != nil {
			return nil, err
		}
		out[key] = value
	}
	return out, nil
}

// decodeMap gives an object where every key is a string, else a list of pairs.
func decodeMap(value any, depth int) (any, error) {
	flat, ok := value.([]any)
	if !ok || len(flat)%2 != 0 {
		return nil, errors.New("expected keys and values in g:Map from the server")
	}
	object := make(map[string]any, len(flat)/2)
	pairs := make([]any, 0, len(flat)/2)
	for i := 0; i < len(flat); i += 2 {
		key, err := decode(flat[i], depth+1)
		if err != nil {
			return nil, err
		}
		one, err := decode(flat[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if text, isText := key.(string); isText {
			object[text] = one
		}
		pairs = append(pairs, []any{key, one})
	}
	if len(object) == len(pairs) {
		return object, nil
	}
	return pairs, nil
}

func decodeTraverser(value any, depth int) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("expected bulk and value in g:Traverser from the server")
	}
	bulk, err := decode(object["bulk"], depth+1)
	if err != nil {
		return nil, err
	}
	times, ok := bulk.(int64)
	if !ok {
		return nil, errors.New("expected a whole number as bulk from the server")
	}
	inner, err := decode(object["value"], depth+1)
	if depth > 1 { // only what stands directly in the list of results can be unfolded
		return map[string]any{"bulk": times, "value": inner}, err
	}
	return traverser{bulk: times, value: inner}, err
}

const safeInteger = 1<<53 - 1

func number(text string) (any, error) {
	if len(text) > 1000 {
		return nil, errors.New("expected at most 1000 digits in a number from the server")
	}
	if whole, ok := new(big.Int).SetString(text, 10); ok {
		if whole.IsInt64() && whole.Int64() <= safeInteger && whole.Int64() >= -safeInteger {
			return whole.Int64(), nil
		}
		return whole, nil
	}
	return json.Number(text).Float64()
}

func double(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		return v.Float64()
	case string:
		special, ok := map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[v]
		if ok {
			return special, nil
		}
	}
	return nil, errors.New("expected a number in g:Double from the server")
}
