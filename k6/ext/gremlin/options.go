package gremlin

import (
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
	var check options.Check
	address, err := parseURL(o.URL, o.TLS != nil)
	check.Add(err, o.Auth.Check())
	verify, err := o.TLS.Config()
	check.Add(err)
	source := o.TraversalSource
	if source == "" {
		source = "g"
	}
	if !sourceName.MatchString(source) {
		check.Add(fmt.Errorf("traversalSource: expected letters, digits and _, got %q", source))
	}
	set := &settings{
		url:         address,
		source:      source,
		connections: check.Count("connections", o.Connections, 4, 1000),
		timeout:     check.Duration("timeoutMs", o.TimeoutMs, 5*time.Second),
		connect:     check.Duration("connectTimeoutMs", o.ConnectTimeoutMs, 500*time.Millisecond),
		greet:       check.Duration("greetTimeoutMs", o.GreetTimeoutMs, 2*time.Second),
		ping:        check.Duration("pingMs", o.PingMs, 500*time.Millisecond),
		evictAfter:  check.Count("evictAfter", o.EvictAfter, 8, 1_000_000),
		maxFrame:    int64(check.Count("maxFrameBytes", o.MaxFrameBytes, 16<<20, gibibyte)),
		maxAnswer:   check.Count("maxAnswerBytes", o.MaxAnswerBytes, 64<<20, gibibyte),
		auth:        o.Auth,
		tls:         verify,
	}
	return set, check.Err()
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
