package gremlin

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/netext"

	"drill.local/xk6-drill/internal/keep"
	"drill.local/xk6-drill/internal/measure"
	"drill.local/xk6-drill/internal/options"
)

// settings of a pool, checked.
type settings struct {
	url         *url.URL
	source      string
	connections int
	timeout     time.Duration
	connect     time.Duration
	greet       time.Duration
	ping        time.Duration
	evictAfter  int
	maxFrame    int64
	maxAnswer   int
	auth        *options.Auth
	tls         *tls.Config
}

// longest that anything asked is waited for after its connection was retired.
func (s *settings) longest() time.Duration { return max(s.timeout, 10*time.Second) }

// pool is what all virtual users of a process share towards one server.
type pool struct {
	set      *settings
	slots    []*keep.Kept[*conn]
	turn     atomic.Uint64
	connects measure.Connects
}

func newPool(set *settings, dialer lib.DialContexter) *pool {
	p := &pool{set: set}
	for range set.connections {
		p.slots = append(p.slots, keep.New(
			func(ctx context.Context) (*conn, error) { return p.connect(ctx, dialer) },
			(*conn).usable,
			func(c *conn) { c.end(keep.ErrClosed) },
		))
	}
	return p
}

// do sends a request over the next connection that can be used, or waits for one, until ctx ends. What was not sent, because the connection
// turned out to be lost, is sent on the next one; nothing else is ever sent twice.
func (p *pool) do(ctx context.Context, b body) answer {
	for {
		c, err := p.take(ctx)
		// Also where there is a connection: who is stopped sends nothing more.
		if errors.Is(ctx.Err(), context.Canceled) {
			return answer{kind: unsent, code: "aborted"}
		}
		if err != nil {
			unconnected := keep.Describe(err)
			return answer{kind: unsent, code: unconnected.Code, message: unconnected.Error()}
		}
		if a := c.submit(ctx, b); a.kind != unsent || a.code != "not-connected" {
			return a
		}
	}
}

func (p *pool) take(ctx context.Context) (*conn, error) {
	first := int(p.turn.Add(1) % uint64(len(p.slots)))
	for n := range p.slots {
		if c, ready := p.slots[(first+n)%len(p.slots)].Ready(); ready {
			return c, nil
		}
	}
	return p.slots[first].Take(ctx)
}

// open connects every slot; the first reason why one could not be until ctx ended.
func (p *pool) open(ctx context.Context) error {
	for _, slot := range p.slots {
		slot.Ready()
	}
	for _, slot := range p.slots {
		var before error // why it could not, until the time was over
		for {
			_, err := slot.Take(ctx)
			if err == nil {
				break
			}
			if ctx.Err() == nil || before == nil {
				before = err
			}
			err = before
			if code := keep.Describe(err).Code; code == "auth" || code == "tls" || ctx.Err() != nil {
				return err
			}
		}
	}
	return nil
}

func (p *pool) close() {
	for _, slot := range p.slots {
		slot.Close()
	}
}

// connect makes one connection on which the server has answered a first request.
func (p *pool) connect(ctx context.Context, dialer lib.DialContexter) (*conn, error) {
	began := time.Now()
	c, err := p.greet(ctx, dialer)
	code := ""
	if err != nil {
		code = keep.Describe(err).Code
	}
	p.connects.Add(began, time.Now(), code)
	return c, err
}

func (p *pool) greet(ctx context.Context, dialer lib.DialContexter) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.set.connect+p.set.greet)
	defer cancel()
	websockets := websocket.Dialer{
		TLSClientConfig: p.set.tls,
		ReadBufferSize:  16 << 10,
		WriteBufferSize: 16 << 10,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, p.set.connect)
			defer cancel()
			raw, err := dialer.DialContext(ctx, network, address)
			if err == nil {
				dropWhenClosed(raw)
			}
			return raw, err
		},
	}
	ws, reply, err := websockets.DialContext(ctx, p.set.url.String(), http.Header{})
	if err != nil {
		return nil, handshakeFailure(err, reply)
	}
	c := newConn(ws, p.set)
	a := c.submit(ctx, hello(p.set.source))
	if a.kind == result {
		return c, nil
	}
	c.end(errors.New("the first request was not answered"))
	return nil, greetingFailure(a, c.why())
}

func handshakeFailure(err error, reply *http.Response) error {
	if reply == nil {
		return keep.Describe(err)
	}
	status := strconv.Itoa(reply.StatusCode)
	if reply.StatusCode == http.StatusUnauthorized || reply.StatusCode == http.StatusForbidden {
		return &keep.Unconnected{Code: "auth", Cause: errors.New("HTTP " + status)}
	}
	return &keep.Unconnected{Code: "not-ready", Cause: errors.New("no WebSocket: HTTP " + status)}
}

func greetingFailure(a answer, why error) error {
	switch {
	case a.kind == failed && refusals[a.status] == "auth":
		return &keep.Unconnected{Code: "auth", Cause: errors.New(a.message)}
	case a.kind == failed:
		return &keep.Unconnected{Code: "not-ready", Cause: errors.New(strconv.Itoa(a.status) + " " + a.message)}
	default:
		return &keep.Unconnected{Code: "not-ready", Silent: a.kind == timeout || a.kind == unsent, Cause: why}
	}
}

// dropWhenClosed lets the kernel forget what it still holds of a closed connection, which could otherwise arrive much later.
func dropWhenClosed(raw net.Conn) {
	if counted, ok := raw.(*netext.Conn); ok {
		raw = counted.Conn
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
