package gremlin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"drill.local/xk6-drill/internal/options"
)

// connectOptions is what scripts give to connect(); k6/gremlin.d.ts says what each means.
type connectOptions struct {
	URL              string         `json:"url"`
	Site             string         `json:"site"`
	TraversalSource  string         `json:"traversalSource"`
	Connections      *int           `json:"connections"`
	TimeoutMs        options.Millis `json:"timeoutMs"`
	ConnectTimeoutMs options.Millis `json:"connectTimeoutMs"`
	GreetTimeoutMs   options.Millis `json:"greetTimeoutMs"`
	PingMs           options.Millis `json:"pingMs"`
	EvictAfter       *int           `json:"evictAfter"`
	MaxFrameBytes    *int           `json:"maxFrameBytes"`
	MaxAnswerBytes   *int           `json:"maxAnswerBytes"`
	Auth             *options.Auth  `json:"auth"`
	TLS              *options.TLS   `json:"tls"`
}

var sourceName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const gibibyte = 1 << 30

func (o connectOptions) settings() (*settings, error) {
	var problems []error
	duration := func(name string, given options.Millis, usual time.Duration) time.Duration {
		d, err := options.Duration(name, given, usual)
		problems = append(problems, err)
		return d
	}
	count := func(name string, given *int, usual, most int) int {
		n, err := options.Count(name, given, usual, most)
		problems = append(problems, err)
		return n
	}
	address, err := parseURL(o.URL, o.TLS != nil)
	problems = append(problems, err, o.Auth.Check())
	verify, err := o.TLS.Config()
	problems = append(problems, err)
	source := o.TraversalSource
	if source == "" {
		source = "g"
	}
	if !sourceName.MatchString(source) {
		problems = append(problems, fmt.Errorf("traversalSource: expected letters, digits and _, got %q", source))
	}
	set := &settings{
		url:         address,
		source:      source,
		connections: count("connections", o.Connections, 4, 1000),
		timeout:     duration("timeoutMs", o.TimeoutMs, 5*time.Second),
		connect:     duration("connectTimeoutMs", o.ConnectTimeoutMs, 500*time.Millisecond),
		greet:       duration("greetTimeoutMs", o.GreetTimeoutMs, 2*time.Second),
		ping:        duration("pingMs", o.PingMs, 500*time.Millisecond),
		evictAfter:  count("evictAfter", o.EvictAfter, 8, 1_000_000),
		maxFrame:    int64(count("maxFrameBytes", o.MaxFrameBytes, 16<<20, gibibyte)),
		maxAnswer:   count("maxAnswerBytes", o.MaxAnswerBytes, 64<<20, gibibyte),
		auth:        o.Auth,
		tls:         verify,
	}
	return set, errors.Join(problems...)
}

// parseURL shows no more of a wrong address than is safe: somebody may have put a password into it.
func parseURL(text string, secure bool) (*url.URL, error) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || (address.Scheme != "ws" && address.Scheme != "wss") {
		return nil, errors.New("url: expected ws://HOST:PORT/gremlin or wss://HOST:PORT/gremlin")
	}
	if address.User != nil {
		return nil, errors.New("url: expected no login in the address: use auth")
	}
	if secure && address.Scheme != "wss" {
		return nil, errors.New("tls: expected a url that begins with wss://")
	}
	return address, nil
}

// key names a pool: clients with the same options share one. It stays in memory.
func (o connectOptions) key() string {
	text, err := json.Marshal(o)
	if err != nil { // plain values, read from JSON
		panic(err)
	}
	return string(text)
}
