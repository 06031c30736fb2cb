// Package cql is the k6 extension k6/x/cql: Cassandra's Go driver with every policy set. k6/cql.d.ts says what scripts see.
package cql

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

func init() { modules.Register("k6/x/cql", NewRoot()) }

// Root is one for a process: its sessions are shared by all virtual users.
type Root struct {
	mu       sync.Mutex
	sessions map[string]*shared
}

// NewRoot has no sessions yet.
func NewRoot() *Root { return &Root{sessions: map[string]*shared{}} }

// NewModuleInstance is called once for each virtual user.
func (r *Root) NewModuleInstance(vu modules.VU) modules.Instance {
	metrics, err := measure.Register(vu.InitEnv().Registry, "cql")
	if err != nil {
		common.Throw(vu.Runtime(), fmt.Errorf("k6/x/cql: %w", err))
	}
	return &instance{root: r, vu: vu, metrics: metrics}
}

// Close ends every session; k6 has no call for it, its process ends.
func (r *Root) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		s.kept.Close()
	}
	r.sessions = map[string]*shared{}
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
	if err := options.Read("cql.connect", given, &o); err != nil {
		return nil, err
	}
	set, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("cql.connect: %w", err)
	}
	return &Client{of: i, set: set, key: o.key(), site: o.Site}, nil
}

// shared of this client's settings, made by the first virtual user that asks; its dialer is used, with its hosts and blocked addresses.
func (i *instance) shared(key string, set *settings) (*shared, error) {
	state := i.vu.State()
	if state == nil {
		return nil, errors.New("k6/x/cql: nothing can be asked in the init context: connect() there, ask in setup(), teardown() and iterations")
	}
	i.root.mu.Lock()
	defer i.root.mu.Unlock()
	s := i.root.sessions[key]
	if s == nil {
		s = newShared(set, state.Dialer)
		i.root.sessions[key] = s
	}
	return s, nil
}
