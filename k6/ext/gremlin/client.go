package gremlin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/sobek"

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

// Open connects, for setup(): within ms (default 30000), or it throws the reason.
func (c *Client) Open(withinMs sobek.Value) error {
	within, err := openWithin(withinMs)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	p, err := c.of.pool(c.key, c.set)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.of.vu.Context(), within)
	defer cancel()
	if err := p.open(ctx); err != nil {
		return errors.New(c.set.auth.Redact(fmt.Sprintf("%s cannot be reached: %v", c.set.url.Host, err)))
	}
	return nil
}

func openWithin(given sobek.Value) (time.Duration, error) {
	if given == nil || sobek.IsUndefined(given) {
		return 30 * time.Second, nil
	}
	ms := given.ToFloat()
	return options.Duration("milliseconds", &ms, 0)
}

// Submit runs a script. What varies belongs into bindings: the server compiles each text.
func (c *Client) Submit(script string, given sobek.Value) (*Answer, error) {
	request, err := options.ReadRequest("submit", given, c.of.vu.Runtime(), "operation", "writes", "timeoutMs", "bindings")
	if err != nil {
		return nil, err
	}
	var bindings map[string]any
	if request.Bindings != nil {
		bindings, _ = request.Bindings.Export().(map[string]any)
	}
	b, err := scriptBody(script, c.set.source, bindings, c.timeout(request).Milliseconds()+1)
	if err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	return c.run(b, request)
}

// Bytecode runs a traversal: its steps as lists, or as the text of GraphSON, which costs less.
func (c *Client) Bytecode(steps sobek.Value, given sobek.Value) (*Answer, error) {
	request, err := options.ReadRequest("bytecode", given, c.of.vu.Runtime(), "operation", "writes", "timeoutMs")
	if err != nil {
		return nil, err
	}
	text, err := stepsOf(steps)
	if err != nil {
		return nil, fmt.Errorf("bytecode: %w", err)
	}
	return c.run(bytecodeBody(text, c.set.source), request)
}

func stepsOf(steps sobek.Value) ([]byte, error) {
	if steps == nil {
		return nil, errors.New("expected steps, got nothing")
	}
	switch v := steps.Export().(type) {
	case string:
		if text := []byte(v); len(v) > 1 && v[0] == '[' && json.Valid(text) {
			return text, nil
		}
		return nil, errors.New("expected the text of a list of steps in GraphSON")
	case []any:
		return encodeSteps(v)
	default:
		return nil, fmt.Errorf("expected a list of steps, or its text in GraphSON, got %v", steps)
	}
}

func (c *Client) timeout(request options.Request) time.Duration {
	if request.Timeout > 0 {
		return request.Timeout
	}
	return c.set.timeout
}

func (c *Client) run(b body, request options.Request) (*Answer, error) {
	p, err := c.of.pool(c.key, c.set)
	if err != nil {
		return nil, err
	}
	// A script that does not say is taken to write: what is not known to have failed may have been applied.
	writes := request.Writes == nil || *request.Writes
	if request.Operation == "" {
		request.Operation = map[bool]string{true: "write", false: "read"}[writes]
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(c.of.vu.Context(), c.timeout(request))
	a := doGuarded(ctx, p, b)
	cancel()
	ended := time.Now()
	verdict := classify(a, writes)
	c.of.metrics.Push(c.of.vu, measure.Operation{
		Site: c.site, Name: request.Operation, Verdict: verdict, Began: began, Ended: ended,
	}, p.connects.Drain())
	return &Answer{
		OK: verdict.Outcome == outcome.OK, Outcome: string(verdict.Outcome), Error: verdict.Error,
		Status: a.status, Message: c.set.auth.Redact(a.message),
		DurationMs: float64(ended.Sub(began)) / float64(time.Millisecond), parts: a.data,
	}, nil
}

// doGuarded turns a panic into an answer that claims nothing.
func doGuarded(ctx context.Context, p *pool, b body) (a answer) {
	defer func() {
		if problem := recover(); problem != nil {
			a = answer{kind: closed, message: fmt.Sprintf("panic: %v", problem)}
		}
	}()
	return p.do(ctx, b)
}

// Answer is given to the script.
type Answer struct {
	OK         bool    `js:"ok"`
	Outcome    string  `js:"outcome"`
	Error      string  `js:"error"`
	Status     int     `js:"status"`
	Message    string  `js:"message"`
	DurationMs float64 `js:"durationMs"`
	parts      []json.RawMessage
}

// Data decodes the results, when they are asked for. It throws for what is no GraphSON.
func (a *Answer) Data() ([]any, error) {
	data, err := decodeAll(a.parts)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return data, nil
}
