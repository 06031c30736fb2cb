package cql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"go.k6.io/k6/lib"

	"drill.local/xk6-drill/internal/keep"
	"drill.local/xk6-drill/internal/measure"
)

// reconnect: so often a node that is down is tried again.
const reconnect = 500 * time.Millisecond

// shared is what all virtual users of a process share towards one site.
type shared struct {
	set      *settings
	kept     *keep.Kept[*gocql.Session]
	conns    *connections
	connects measure.Connects
}

func newShared(set *settings, dialer lib.DialContexter) *shared {
	s := &shared{set: set, conns: newConnections(set.evictAfter)}
	s.kept = keep.New(
		func(context.Context) (*gocql.Session, error) { return s.connect(dialer) },
		func(session *gocql.Session) bool { return !session.Closed() },
		(*gocql.Session).Close,
	)
	return s
}

// connect makes a session. Afterwards the driver connects again by itself.
func (s *shared) connect(dialer lib.DialContexter) (*gocql.Session, error) {
	session, err := s.cluster(dialer).CreateSession()
	if err == nil {
		return session, nil
	}
	return nil, sessionFailure(err)
}

// sessionFailure finds the reason, which the driver gives as a text.
func sessionFailure(err error) error {
	said := err.Error()
	for _, known := range []struct {
		text, code string
		silent     bool
	}{
		{"connection refused", "refused", false},
		{"no route to host", "unreachable", false},
		{"network is unreachable", "unreachable", false},
		{"i/o timeout", "not-connected", true},
		{"deadline exceeded", "not-connected", true},
		{"no response", "not-connected", true},
		{"within timeout", "not-connected", true},
		{"tls: ", "tls", false},
		{"x509: ", "tls", false},
		{"resolve any of the provided hostnames", "unknown-host", false},
		{"uthentication", "auth", false},
		{"assword", "auth", false},
		{"ost was filtered", "wrong-datacenter", false},
		{"does not exist", "no-keyspace", false},
	} {
		if strings.Contains(said, known.text) {
			return &keep.Unconnected{Code: known.code, Silent: known.silent, Cause: err}
		}
	}
	return &keep.Unconnected{Code: "not-connected", Cause: err}
}

func (s *shared) cluster(dialer lib.DialContexter) *gocql.ClusterConfig {
	set := s.set
	c := gocql.NewCluster(set.hosts...)
	c.Port = set.port
	c.ProtoVersion = 4 // finding it out costs a connection, and is one more thing that can hang
	c.Keyspace = set.keyspace
	c.Consistency = set.consistency
	c.Timeout, c.WriteTimeout, c.ConnectTimeout = set.timeout, set.timeout, set.greet
	c.NumConns = set.connections
	c.DefaultTimestamp = false // the server stamps: one client's clock would hide the skew between sites
	c.RetryPolicy = nil        // the driver retries nothing; nor does it speculate, which it does for idempotent statements only
	c.DefaultIdempotence = false
	c.ReconnectInterval = reconnect
	c.ReconnectionPolicy = &gocql.ConstantReconnectionPolicy{MaxRetries: 1, Interval: 0}
	c.MaxWaitSchemaAgreement = 2 * time.Second // a new session waits for it too, also while a site is lost
	c.Metadata.CacheMode = gocql.KeyspaceOnly
	c.Logger = silent{}
	c.StreamObserver = streams{}
	c.ConnectObserver = s
	c.HostFilter = gocql.DataCenterHostFilter(set.datacenter)
	c.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(gocql.DCAwareRoundRobinPolicy(set.datacenter))
	c.HostDialer = &hostDialer{shared: s, dialer: dialer}
	if set.auth != nil {
		c.Authenticator = gocql.PasswordAuthenticator{Username: set.auth.Username, Password: set.auth.Password}
	}
	return c
}

// ObserveConnect is told of every connection that the driver made, or could not.
func (s *shared) ObserveConnect(connect gocql.ObservedConnect) {
	code := ""
	if connect.Err != nil {
		code = keep.Describe(connect.Err).Code
		if code == "not-connected" {
			code = keep.Describe(sessionFailure(connect.Err)).Code
		}
	}
	s.connects.Add(connect.Start, connect.End, code)
}

// hostDialer dials through the virtual user that asked first.
type hostDialer struct {
	shared *shared
	dialer lib.DialContexter
}

// DialHost is bounded: TCP's handshake needs no thread of the server.
func (h *hostDialer) DialHost(ctx context.Context, host *gocql.HostInfo) (*gocql.DialedHost, error) {
	set := h.shared.set
	address := net.JoinHostPort(host.ConnectAddress().String(), strconv.Itoa(host.Port()))
	dialing, cancel := context.WithTimeout(ctx, set.connect)
	defer cancel()
	raw, err := h.dialer.DialContext(dialing, "tcp", address)
	if err != nil {
		return nil, err
	}
	if _, ok := raw.RemoteAddr().(*net.TCPAddr); !ok { // the driver takes it for granted, in a goroutine of its own
		_ = raw.Close()
		return nil, errors.New("expected a TCP connection")
	}
	greeting, done := context.WithTimeout(ctx, set.greet)
	defer done()
	dialed, err := gocql.WrapTLS(greeting, h.shared.conns.watch(raw), host.HostnameAndPort(), set.tls)
	if err != nil {
		return nil, err
	}
	// What counts bytes and watches cannot write several buffers at once.
	dialed.DisableCoalesce = true
	return dialed, nil
}

// grace is for the driver to notice by itself that a deadline has passed.
const grace = 100 * time.Millisecond

type result struct {
	rows []map[string]any
	err  error
}

// execute runs a statement until ctx ends, and not much longer, whatever the driver does. sent: some of it may have left.
func (s *shared) execute(ctx context.Context, st statement) (rows []map[string]any, sent bool, err error) {
	ctx, mark := withSent(ctx)
	session, err := s.kept.Take(ctx)
	if err != nil {
		return nil, false, err
	}
	began := monotonic()
	ended := make(chan result, 1)
	go func() { ended <- run(ctx, session, st) }()
	r := await(ctx, ended)
	if timedOut(ctx, r.err, mark) {
		s.conns.timedOut(began)
	}
	return r.rows, mark.Load(), r.err
}

func await(ctx context.Context, ended <-chan result) result {
	select {
	case r := <-ended:
		return r
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case r := <-ended:
		return r
	case <-late.C:
		return result{err: ctx.Err()}
	}
}

func run(ctx context.Context, session *gocql.Session, st statement) (r result) {
	defer func() {
		if problem := recover(); problem != nil {
			r = result{err: fmt.Errorf("panic in the driver: %v", problem)}
		}
	}()
	query := session.Query(st.text, st.values...)
	if st.consistency != nil {
		query = query.Consistency(*st.consistency)
	}
	iter := query.IterContext(ctx)
	r.rows, r.err = iter.SliceMap()
	if err := iter.Close(); r.err == nil {
		r.err = err
	}
	return r
}

func timedOut(ctx context.Context, err error, sent *atomic.Bool) bool {
	if err == nil || !sent.Load() || errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	return clientCode(err, true) == "timeout"
}

// silent: nothing that a driver has to tell may leave the process, by a way that redacts nothing.
type silent struct{}

func (silent) Error(string, ...gocql.LogField)   {}
func (silent) Warning(string, ...gocql.LogField) {}
func (silent) Info(string, ...gocql.LogField)    {}
func (silent) Debug(string, ...gocql.LogField)   {}
