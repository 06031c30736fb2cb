// Package cql is the k6 extension k6/x/cql: Cassandra's Go driver with every policy set. k6/cql.d.ts says what scripts see.
package cql

import (
	"fmt"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"

	"drill.local/xk6-drill/internal/measure"
	"drill.local/xk6-drill/internal/module"
	"drill.local/xk6-drill/internal/options"
)

func init() { modules.Register("k6/x/cql", NewRoot()) }

// Root is one for a process: its sessions are shared by all virtual users.
type Root struct{ *module.Root[*shared] }

// NewRoot has no sessions yet.
func NewRoot() *Root {
	return &Root{module.NewRoot("cql", func(s *shared) { s.kept.Close() })}
}

// NewModuleInstance is called once for each virtual user.
func (r *Root) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{root: r, vu: vu, metrics: r.Metrics(vu)}
}

type instance struct {
	root    *Root
	vu      modules.VU
	metrics *measure.Metrics
}

// Exports is what scripts import.
func (i *instance) Exports() modules.Exports { return module.Exports(i.connect) }

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
	return &Client{of: i, set: set, key: options.Key(o), site: o.Site}, nil
}

// shared of this client's settings.
func (i *instance) shared(key string, set *settings) (*shared, error) {
	return i.root.Shared(i.vu, key, func(dialer lib.DialContexter) *shared { return newShared(set, dialer) })
}
