// Package measure emits what was measured in k6's conventions.
package measure

import (
	"errors"
	"sync"
	"time"

	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/metrics"

	"drill.local/xk6-drill/internal/outcome"
)

// Metrics of one extension: with prefix "cql" they are cql_req_duration, cql_reqs, cql_req_failed, cql_connect_duration and cql_connect_failed.
type Metrics struct {
	duration, requests, failed, connectDuration, connectFailed *metrics.Metric
}

// Register makes the metrics, or finds those of another virtual user.
func Register(registry *metrics.Registry, prefix string) (*Metrics, error) {
	var problems []error
	metric := func(name string, kind metrics.MetricType, value ...metrics.ValueType) *metrics.Metric {
		m, err := registry.NewMetric(prefix+name, kind, value...)
		problems = append(problems, err)
		return m
	}
	m := &Metrics{
		duration:        metric("_req_duration", metrics.Trend, metrics.Time),
		requests:        metric("_reqs", metrics.Counter),
		failed:          metric("_req_failed", metrics.Rate),
		connectDuration: metric("_connect_duration", metrics.Trend, metrics.Time),
		connectFailed:   metric("_connect_failed", metrics.Rate),
	}
	return m, errors.Join(problems...)
}

// Operation is one that ended, well or not.
type Operation struct {
	Site, Name string
	Verdict    outcome.Verdict
	// Began is the virtual user's call: waiting for a connection is part of the duration.
	Began, Ended time.Time
}

// Push emits an operation, and the connections that were made or failed meanwhile, with the tags of the virtual user (phase among them)
// and site, operation, outcome and, unless ok, error.
func (m *Metrics) Push(vu modules.VU, op Operation, connects []Connect) {
	state := vu.State()
	current := state.Tags.GetCurrentValues()
	tags := withSite(current.Tags, op.Site)
	now := op.Ended
	sample := func(of *metrics.Metric, tags *metrics.TagSet, at time.Time, value float64) metrics.Sample {
		return metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: of, Tags: tags},
			Time:       at, Metadata: current.Metadata, Value: value,
		}
	}
	of := withVerdict(tags, op.Verdict).With("operation", op.Name)
	samples := []metrics.Sample{
		sample(m.duration, of, now, metrics.D(op.Ended.Sub(op.Began))),
		sample(m.requests, of, now, 1),
		sample(m.failed, of, now, metrics.B(op.Verdict.Outcome != outcome.OK)),
	}
	for _, connect := range connects {
		of := withVerdict(tags, connect.Verdict).With("operation", "connect")
		samples = append(samples,
			sample(m.connectDuration, of, connect.Ended, metrics.D(connect.Ended.Sub(connect.Began))),
			sample(m.connectFailed, of, connect.Ended, metrics.B(connect.Verdict.Outcome != outcome.OK)))
	}
	metrics.PushIfNotDone(vu.Context(), state.Samples, metrics.ConnectedSamples{Samples: samples, Tags: of, Time: now})
}

func withSite(tags *metrics.TagSet, site string) *metrics.TagSet {
	if site == "" {
		return tags
	}
	return tags.With("site", site)
}

func withVerdict(tags *metrics.TagSet, verdict outcome.Verdict) *metrics.TagSet {
	tags = tags.With("outcome", string(verdict.Outcome))
	if verdict.Error == "" {
		return tags
	}
	return tags.With("error", verdict.Error)
}

// Connect is one attempt to connect that ended.
type Connect struct {
	Verdict      outcome.Verdict
	Began, Ended time.Time
}

// Connects holds attempts, which end in nobody's iteration, until a virtual user emits them.
type Connects struct {
	mu   sync.Mutex
	some []Connect
}

// Add notes an attempt; code is empty when it succeeded.
func (c *Connects) Add(began, ended time.Time, code string) {
	verdict := outcome.Acknowledged()
	if code != "" {
		verdict = outcome.Failed(false, true, code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.some = append(c.some, Connect{Verdict: verdict, Began: began, Ended: ended})
}

// Drain returns every attempt once.
func (c *Connects) Drain() []Connect {
	c.mu.Lock()
	defer c.mu.Unlock()
	some := c.some
	c.some = nil
	return some
}
