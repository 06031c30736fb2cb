package options

import (
	"fmt"
	"slices"
	"time"

	"github.com/grafana/sobek"
)

// Request is what a script may say about one request.
type Request struct {
	// Operation becomes the tag.
	Operation string
	// Writes is nil where the script does not say.
	Writes *bool
	// Timeout is 0 where the connection's own holds.
	Timeout     time.Duration
	Consistency string
	// Bindings is nil where none are given.
	Bindings *sobek.Object
}

// ReadRequest reads the keys that allowed names. It is called for every request, so it reads them by hand.
func ReadRequest(what string, value sobek.Value, rt *sobek.Runtime, allowed ...string) (Request, error) {
	var request Request
	if value == nil || sobek.IsUndefined(value) || sobek.IsNull(value) {
		return request, nil
	}
	object, ok := value.(*sobek.Object)
	if !ok {
		return request, fmt.Errorf("%s: expected an object with options, got %s", what, value)
	}
	for _, key := range object.Keys() {
		if !slices.Contains(allowed, key) {
			return request, fmt.Errorf("%s: unknown option %q; there are %v", what, key, allowed)
		}
		given := object.Get(key)
		if sobek.IsUndefined(given) {
			continue
		}
		if err := request.set(key, given, rt); err != nil {
			return request, fmt.Errorf("%s: %s: %w", what, key, err)
		}
	}
	return request, nil
}

func (r *Request) set(key string, given sobek.Value, rt *sobek.Runtime) error {
	exported := given.Export()
	var ok bool
	switch key {
	case "operation":
		if r.Operation, ok = exported.(string); !ok || r.Operation == "" {
			return fmt.Errorf("expected a short name, got %v", given)
		}
	case "consistency":
		if r.Consistency, ok = exported.(string); !ok {
			return fmt.Errorf("expected a name, got %v", given)
		}
	case "writes":
		writes, ok := exported.(bool)
		if !ok {
			return fmt.Errorf("expected true or false, got %v", given)
		}
		r.Writes = &writes
	case "timeoutMs":
		var ms float64
		switch number := exported.(type) {
		case int64:
			ms = float64(number)
		case float64:
			ms = number
		default:
			return fmt.Errorf("expected a number, got %v", given)
		}
		timeout, err := Duration("milliseconds", &ms, 0)
		r.Timeout = timeout
		return err
	case "bindings":
		if _, isMap := exported.(map[string]any); !isMap {
			return fmt.Errorf("expected an object, got %v", given)
		}
		r.Bindings = given.ToObject(rt)
	}
	return nil
}
