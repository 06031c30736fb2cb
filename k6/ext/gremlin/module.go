// Package gremlin is the k6 extension k6/x/gremlin: a client of Gremlin Server with deadlines, pings and eviction. k6/gremlin.d.ts says what scripts see.
package gremlin

import (
	"fmt"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"

	"drill.local/xk6-drill/internal/measure"
	"drill.local/xk6-drill/internal/module"
	"drill.local/xk6-drill/internal/options"
)

func init() { modules.Register("k6/x/gremlin", NewRoot()) }

// Root is one for a process: its pools are shared by all virtual users.
type Root struct{ *module.Root[*pool] }

// NewRoot has no pools yet.
func NewRoot() *Root {
	return &Root{module.NewRoot("gremlin", (*pool).close)}
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
	if err := options.Read("gremlin.connect", given, &o); err != nil {
		return nil, err
	}
	set, err := o.settings()
	if err != nil {
		return nil, fmt.Errorf("gremlin.connect: %w", err)
	}
	return &Client{of: i, set: set, key: options.Key(o), site: o.Site}, nil
}

// pool of this client's settings.
func (i *instance) pool(key string, set *settings) (*pool, error) {
	return i.root.Shared(i.vu, key, func(dialer lib.DialContexter) *pool { return newPool(set, dialer) })
}
