package cql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"drill.local/xk6-drill/internal/options"
)

// connectOptions is what scripts give to connect(); k6/cql.d.ts says what each means.
type connectOptions struct {
	Hosts            []string       `json:"hosts"`
	Port             *int           `json:"port"`
	Site             string         `json:"site"`
	Datacenter       string         `json:"datacenter"`
	Keyspace         string         `json:"keyspace"`
	Consistency      string         `json:"consistency"`
	Connections      *int           `json:"connections"`
	TimeoutMs        options.Millis `json:"timeoutMs"`
	ConnectTimeoutMs options.Millis `json:"connectTimeoutMs"`
	GreetTimeoutMs   options.Millis `json:"greetTimeoutMs"`
	EvictAfter       *int           `json:"evictAfter"`
	Auth             *options.Auth  `json:"auth"`
	TLS              *options.TLS   `json:"tls"`
}

// settings of a session, checked.
type settings struct {
	hosts       []string
	port        int
	datacenter  string
	keyspace    string
	consistency gocql.Consistency
	connections int
	timeout     time.Duration
	connect     time.Duration
	greet       time.Duration
	evictAfter  int
	auth        *options.Auth
	tls         *tls.Config
}

var keyspaceName = regexp.MustCompile(`^[A-Za-z0-9_]{0,48}$`)

func (o connectOptions) settings() (*settings, error) {
	var check options.Check
	if o.Consistency == "" {
		o.Consistency = "LOCAL_QUORUM"
	}
	consistency, err := parseConsistency(o.Consistency)
	check.Add(err, o.Auth.Check(), checkHosts(o.Hosts))
	verify, err := o.TLS.Config()
	check.Add(err)
	if o.Datacenter == "" {
		check.Add(errors.New("datacenter: expected the name of the site's datacenter: statements go to its nodes only"))
	}
	if !keyspaceName.MatchString(o.Keyspace) {
		check.Add(fmt.Errorf("keyspace: expected letters, digits and _, got %q", o.Keyspace))
	}
	set := &settings{
		hosts:       o.Hosts,
		port:        check.Count("port", o.Port, 9042, 65_535),
		datacenter:  o.Datacenter,
		keyspace:    o.Keyspace,
		consistency: consistency,
		connections: check.Count("connections", o.Connections, 2, 1000),
		timeout:     check.Duration("timeoutMs", o.TimeoutMs, 2*time.Second),
		connect:     check.Duration("connectTimeoutMs", o.ConnectTimeoutMs, 500*time.Millisecond),
		greet:       check.Duration("greetTimeoutMs", o.GreetTimeoutMs, 2*time.Second),
		evictAfter:  check.Count("evictAfter", o.EvictAfter, 8, 1_000_000),
		auth:        o.Auth,
		tls:         verify,
	}
	return set, check.Err()
}

func checkHosts(hosts []string) error {
	if len(hosts) == 0 {
		return errors.New("hosts: expected at least one name or address, got none")
	}
	for _, host := range hosts {
		if host == "" || (strings.Contains(host, ":") && net.ParseIP(host) == nil) {
			return fmt.Errorf("hosts: expected names or addresses without a port, got %q", host)
		}
	}
	return nil
}

// levels that ordinary statements know.
const levels = "ANY ONE TWO THREE QUORUM ALL LOCAL_QUORUM EACH_QUORUM LOCAL_ONE"

func parseConsistency(name string) (gocql.Consistency, error) {
	for _, level := range strings.Fields(levels) {
		if level == name {
			return gocql.ParseConsistencyWrapper(name)
		}
	}
	return 0, fmt.Errorf("consistency: expected one of %s, got %q", levels, name)
}
