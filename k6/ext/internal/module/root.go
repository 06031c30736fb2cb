// Package module is what the extensions have in common: one root for a process, whose connections all virtual users share.
package module

import (
	"fmt"
	"sync"

	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"

	"drill.local/xk6-drill/internal/measure"
)

// Root is one for a process. S is what its virtual users share, one for all clients with the same options.
type Root[S any] struct {
	name   string
	shut   func(S)
	mu     sync.Mutex
	shared map[string]S
}

// NewRoot of k6/x/name shares nothing yet; shut ends one of what it shares.
func NewRoot[S any](name string, shut func(S)) *Root[S] {
	return &Root[S]{name: name, shut: shut, shared: map[string]S{}}
}

// Metrics of the extension, for a virtual user that is being made.
func (r *Root[S]) Metrics(vu modules.VU) *measure.Metrics {
	metrics, err := measure.Register(vu.InitEnv().Registry, r.name)
	if err != nil {
		common.Throw(vu.Runtime(), fmt.Errorf("k6/x/%s: %w", r.name, err))
	}
	return metrics
}

// Shared is what stands under a key, made by the first virtual user that asks: its dialer is used, with its hosts and blocked addresses.
func (r *Root[S]) Shared(vu modules.VU, key string, made func(lib.DialContexter) S) (S, error) {
	state := vu.State()
	if state == nil {
		var none S
		return none, fmt.Errorf("k6/x/%s: nothing can be asked in the init context: connect() there, ask in setup(), teardown() and iterations", r.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if one, there := r.shared[key]; there {
		return one, nil
	}
	one := made(state.Dialer)
	r.shared[key] = one
	return one, nil
}

// Close ends everything that is shared; k6 has no call for it, its process ends.
func (r *Root[S]) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.shared {
		r.shut(one)
	}
	r.shared = map[string]S{}
}

// Exports is what scripts import: connect(), by its name and as the default.
func Exports(connect any) modules.Exports {
	named := map[string]any{"connect": connect}
	return modules.Exports{Default: named, Named: named}
}
