package cql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/grafana/sobek"

	"drill.local/xk6-drill/internal/keep"
	"drill.local/xk6-drill/internal/measure"
	"drill.local/xk6-drill/internal/options"
	"drill.local/xk6-drill/internal/outcome"
)

// Client is what connect() gives to a script. Wrong use throws; what the server or the network does never does, but for open().
type Client struct {
	of   *instance
	set  *settings
	key  string
	site string
}

type statement struct {
	text        string
	values      []any
	consistency *gocql.Consistency
}

// Open connects, for setup(): within ms (default 30000), or it throws the reason. The driver's first session may take seconds.
func (c *Client) Open(withinMs sobek.Value) error {
	within := 30 * time.Second
	if withinMs != nil && !sobek.IsUndefined(withinMs) {
		ms := withinMs.ToFloat()
		var err error
		if within, err = options.Duration("milliseconds", &ms, 0); err != nil {
			return fmt.Errorf("open: %w", err)
		}
	}
	s, err := c.of.shared(c.key, c.set)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.of.vu.Context(), within)
	defer cancel()
	var before error // why it could not, until the time was over
	for {
		_, err = s.kept.Take(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || before == nil {
			before = err
		}
		err = before
		if ctx.Err() != nil || final[keep.Describe(err).Code] {
			return errors.New(c.set.auth.Redact(fmt.Sprintf("Cassandra at %v cannot be reached: %v", c.set.hosts, err)))
		}
	}
}

// final: trying again will not help.
var final = map[string]bool{"auth": true, "tls": true, "wrong-datacenter": true, "no-keyspace": true, "blocked": true}

var reads = regexp.MustCompile(`(?i)^\s*select\b`)

// Execute runs a statement, prepared. Everything but SELECT writes.
func (c *Client) Execute(text string, values []any, given sobek.Value) (*Answer, error) {
	rt := c.of.vu.Runtime()
	request, err := options.ReadRequest("execute", given, rt, "operation", "timeoutMs", "consistency")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("execute: expected a statement, got nothing")
	}
	st := statement{text: text}
	if st.values, err = bind(values); err != nil {
		return nil, fmt.Errorf("execute: %w", err)
	}
	if request.Consistency != "" {
		level, err := parseConsistency(request.Consistency)
		if err != nil {
			return nil, fmt.Errorf("execute: %w", err)
		}
		st.consistency = &level
	}
	writes := !reads.MatchString(text)
	if request.Operation == "" {
		request.Operation = map[bool]string{true: "write", false: "read"}[writes]
	}
	if request.Timeout > c.set.timeout { // the driver's own limit holds for all statements of a connection
		return nil, fmt.Errorf("execute: timeoutMs: expected at most %d, what connect() was given", c.set.timeout.Milliseconds())
	}
	if request.Timeout == 0 {
		request.Timeout = c.set.timeout
	}
	return c.run(st, request, writes)
}

func (c *Client) run(st statement, request options.Request, writes bool) (*Answer, error) {
	s, err := c.of.shared(c.key, c.set)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(c.of.vu.Context(), request.Timeout)
	rows, sent, err := s.execute(ctx, st)
	cancel()
	ended := time.Now()
	verdict := classify(err, writes, sent)
	c.of.metrics.Push(c.of.vu, measure.Operation{
		Site: c.site, Name: request.Operation, Verdict: verdict, Began: began, Ended: ended,
	}, s.connects.Drain())
	a := &Answer{
		OK: verdict.Outcome == outcome.OK, Outcome: string(verdict.Outcome), Error: verdict.Error,
		DurationMs: float64(ended.Sub(began)) / float64(time.Millisecond), Rows: []map[string]any{},
	}
	if err != nil {
		a.Message = c.set.auth.Redact(err.Error())
	} else if len(rows) > 0 {
		a.Rows = plainRows(c.of.vu.Runtime(), rows)
	}
	return a, nil
}

// Answer is given to the script.
type Answer struct {
	OK         bool             `js:"ok"`
	Outcome    string           `js:"outcome"`
	Error      string           `js:"error"`
	Message    string           `js:"message"`
	DurationMs float64          `js:"durationMs"`
	Rows       []map[string]any `js:"rows"`
}
