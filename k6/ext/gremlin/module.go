// Package gremlin is the k6 extension k6/x/gremlin: a client of Gremlin Server with deadlines, pings and eviction. k6/gremlin.d.ts says what scripts see.
package gremlin

import (
	"errors"
	"fmt"
	"sync"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"

	"drill.local/xk6-drill/internal/measure"
	"drill.local/xk6-drill/internal/options"
)

func init() { modules.Register("k6/x/gremlin", NewRoot()) }

// Root is one for a process: its pools are shared by all virtual users.
type Root struct {
	mu    sync.Mutex
	pools map[string]*pool
}

// NewRoot has no pools yet.
func NewRoot() *Root { return &Root{pools: map[string]*pool{}} }

// NewModuleInstance is called once for each virtual user.
func (r *Root) NewModuleInstance(vu modules.VU) modules.Instance {
	metrics, err := measure.Register(vu.InitEnv().Registry, "gremlin")
	if err != nil {
		common.Throw(vu.Runtime(), fmt.Errorf("k6/x/gremlin: %w", err))
	}
	return &instance{root: r, vu: vu, metrics: metrics}
}

// Close ends every connection; k6 has no call for it, its process ends.
func (r *Root) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pools {
		p.close()
	}
	r.pools = map[string]*pool{}
}

type instance struct {
	root    *Root
	vu      modules.VU
	metrics *measure.Metrics
}

// Exports is what scripts import.
func (i *instance) Exports() modules.Exports {
	named := map[string]any{"connect": i.connect}
	return modules.Exports{Default: named, Named: named}
}

// connect checks the options and does nothing else: the init context must not touch the network.
func (i *instance) connect(given sobek.Value) (*Client, error) {
	var o connectOptions
	if err := options.Read("gremlin.connect", given, &o); err != nil {
		return nil, err
	}
	set, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("gremlin.connect: %w", err)
	}
	return &Client{of: i, set: set, key: o.key(), site: o.Site}, nil
}

// pool of this client's settings, made by the first virtual user that asks; its dialer is used, with its hosts and blocked addresses.
func (i *instance) pool(key string, set *settings) (*pool, error) {
	state := i.vu.State()
	if state == nil {
		return nil, errors.New("k6/x/gremlin: nothing can be asked in the init context: connect() there, ask in setup(), teardown() and iterations")
	}
	i.root.mu.Lock()
	defer i.root.mu.Unlock()
	p := i.root.pools[key]
	if p == nil {
		p = newPool(set, state.Dialer)
		i.root.pools[key] = p
	}
	return p, nil
}
