package cql

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.k6.io/k6/lib/netext"
)

var origin = time.Now()

func monotonic() int64 { return int64(time.Since(origin)) }

// watched is a connection of the driver of which is known when something was written and heard last. The driver itself keeps one that answers
// nothing for half a minute and more.
type watched struct {
	net.Conn
	from    *connections
	wrote   atomic.Int64
	heard   atomic.Int64
	strikes atomic.Int32
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.heard.Store(monotonic())
		w.strikes.Store(0)
	}
	return n, err
}

func (w *watched) Write(b []byte) (int, error) {
	w.wrote.Store(monotonic())
	return w.Conn.Write(b)
}

func (w *watched) Close() error {
	w.from.forget(w)
	return w.Conn.Close()
}

// connections are those of one driver.
type connections struct {
	evictAfter int
	mu         sync.Mutex
	open       map[*watched]struct{}
}

func newConnections(evictAfter int) *connections {
	return &connections{evictAfter: evictAfter, open: map[*watched]struct{}{}}
}

func (c *connections) watch(raw net.Conn) net.Conn {
	dropWhenClosed(raw)
	w := &watched{Conn: raw, from: c}
	w.heard.Store(monotonic())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[w] = struct{}{}
	return w
}

func (c *connections) forget(w *watched) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, w)
}

// timedOut is told of a statement that began at began and was given up: connections that were asked something and have said nothing since before it
// began get a strike, and with the last one they are closed, for the driver to make new ones.
func (c *connections) timedOut(began int64) {
	for _, w := range c.silentSince(began) {
		if int(w.strikes.Add(1)) >= c.evictAfter {
			_ = w.Close()
		}
	}
}

func (c *connections) silentSince(began int64) []*watched {
	c.mu.Lock()
	defer c.mu.Unlock()
	var silent []*watched
	for w := range c.open {
		if heard := w.heard.Load(); heard < began && w.wrote.Load() > heard {
			silent = append(silent, w)
		}
	}
	return silent
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
