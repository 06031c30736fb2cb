// Package testvu runs JavaScript in a virtual user, for tests.
package testvu

import (
	"net"
	"testing"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/netext"
	"go.k6.io/k6/lib/types"
	"go.k6.io/k6/metrics"
)

// VU is a virtual user with one extension, as the global x.
type VU struct {
	*modulestest.Runtime
	t       testing.TB
	state   *lib.State
	samples chan metrics.SampleContainer
}

// New is in the init context.
func New(t testing.TB, root modules.Module) *VU {
	t.Helper()
	rt := modulestest.NewRuntime(t)
	samples := make(chan metrics.SampleContainer, 100_000)
	registry := rt.VU.InitEnvField.Registry
	if err := rt.VU.Runtime().Set("x", root.NewModuleInstance(rt.VU).Exports().Default); err != nil {
		t.Fatal(err)
	}
	resolver := netext.NewResolver(net.LookupIP, 0, types.DNSfirst, types.DNSpreferIPv4)
	state := &lib.State{
		Dialer:         netext.NewDialer(net.Dialer{}, resolver),
		Samples:        samples,
		Tags:           lib.NewVUStateTags(registry.RootTagSet().With("phase", "before")),
		BuiltinMetrics: rt.BuiltinMetrics,
		Logger:         rt.VU.InitEnvField.Logger,
	}
	return &VU{Runtime: rt, t: t, state: state, samples: samples}
}

// Start leaves the init context. dialer: nil for k6's own.
func (v *VU) Start(dialer lib.DialContexter) *VU {
	if dialer != nil {
		v.state.Dialer = dialer
	}
	v.MoveToVUContext(v.state)
	return v
}

// Try runs JavaScript.
func (v *VU) Try(code string) (sobek.Value, error) { return v.VU.Runtime().RunString(code) }

// Run is Try for what must not throw.
func (v *VU) Run(code string) sobek.Value {
	v.t.Helper()
	value, err := v.Try(code)
	if err != nil {
		v.t.Fatalf("%s: %v", code, err)
	}
	return value
}

// Text is what an expression's JSON says.
func (v *VU) Text(code string) string {
	v.t.Helper()
	return v.Run("JSON.stringify(" + code + ")").String()
}

// Samples that were emitted since the last call.
func (v *VU) Samples() []metrics.Sample {
	var all []metrics.Sample
	for {
		select {
		case container := <-v.samples:
			all = append(all, container.GetSamples()...)
		default:
			return all
		}
	}
}
