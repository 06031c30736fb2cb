package gremlin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// states of a request: its writer and its waiter race for it, so that what is given up before it was written is certainly not sent.
const (
	queued int32 = iota
	written
	abandoned
)

type pending struct {
	frame []byte
	state atomic.Int32
	ended chan answer // takes one
	// The rest belongs to whoever holds the connection's lock.
	parts      answer
	bytes      int
	challenged bool
}

// conn is one WebSocket. Requests are pipelined over it, each with its own deadline.
type conn struct {
	ws     *websocket.Conn
	set    *settings
	prefix string // of its requests' ids
	queue  chan *pending
	done   chan struct{} // closed when it has ended
	heard  atomic.Int64  // when something arrived last, in monotonic nanoseconds

	mu       sync.Mutex
	pending  map[uint64]*pending
	asked    uint64
	timeouts int // in a row, with nothing answered between them
	retired  time.Time
	cause    error
	ended    bool
}

var origin = time.Now()

func monotonic() int64 { return int64(time.Since(origin)) }

func newConn(ws *websocket.Conn, set *settings) *conn {
	c := &conn{
		ws: ws, set: set, prefix: newPrefix(),
		queue: make(chan *pending, 64), done: make(chan struct{}), pending: map[uint64]*pending{},
	}
	c.hear()
	ws.SetReadLimit(set.maxFrame)
	ws.SetPongHandler(func(string) error { c.hear(); return nil })
	answerPing := ws.PingHandler()
	ws.SetPingHandler(func(data string) error { c.hear(); return answerPing(data) })
	go c.guard(c.write)
	go c.guard(c.read)
	go c.guard(c.watch)
	return c
}

// guard ends the connection, and not the process, when work of ours panics.
func (c *conn) guard(work func()) {
	defer func() {
		if problem := recover(); problem != nil {
			c.end(fmt.Errorf("panic: %v", problem))
		}
	}()
	work()
}

func (c *conn) hear() { c.heard.Store(monotonic()) }

// usable tells whether something new may be asked on it.
func (c *conn) usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && c.retired.IsZero()
}

// submit sends a request and waits for its answer until ctx ends.
func (c *conn) submit(ctx context.Context, b body) answer {
	id, p := c.ask(b)
	if p == nil {
		return answer{kind: unsent, code: "not-connected"}
	}
	select {
	case c.queue <- p:
	case <-c.done:
		return c.settled(p)
	case <-ctx.Done():
		return c.giveUp(ctx, id, p)
	}
	select {
	case a := <-p.ended:
		return a
	case <-ctx.Done():
		return c.giveUp(ctx, id, p)
	}
}

// ask gives the request an id; nil when the connection has ended.
func (c *conn) ask(b body) (uint64, *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, nil
	}
	c.asked++
	p := &pending{frame: frame(c.name(c.asked), b), ended: make(chan answer, 1)}
	c.pending[c.asked] = p
	return c.asked, p
}

// settled waits for the answer that end gives to every request.
func (c *conn) settled(p *pending) answer { return <-p.ended }

func (c *conn) giveUp(ctx context.Context, id uint64, p *pending) answer {
	never := p.state.CompareAndSwap(queued, abandoned)
	c.mu.Lock()
	delete(c.pending, id)
	inTime := errors.Is(ctx.Err(), context.DeadlineExceeded)
	if inTime {
		if c.timeouts++; c.timeouts >= c.set.evictAfter {
			c.retire()
		}
	}
	c.mu.Unlock()
	select {
	case a := <-p.ended: // it was faster
		return a
	default:
	}
	switch {
	case never && inTime:
		return answer{kind: unsent, code: "timeout"}
	case never:
		return answer{kind: unsent, code: "aborted"}
	case inTime:
		return answer{kind: timeout}
	default:
		return answer{kind: aborted}
	}
}

// retire takes nothing new; what was asked may still be answered. The lock is held.
func (c *conn) retire() {
	if c.retired.IsZero() {
		c.retired = time.Now()
	}
}

// end closes the connection, and answers every request on it.
func (c *conn) end(cause error) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended, c.cause = true, cause
	left := c.pending
	c.pending = nil
	c.mu.Unlock()
	close(c.done)
	_ = c.ws.Close()
	for _, p := range left {
		if p.state.CompareAndSwap(queued, abandoned) {
			p.ended <- answer{kind: unsent, code: "not-connected"}
		} else {
			p.ended <- answer{kind: closed, message: cause.Error()}
		}
	}
}

// why it ended; nil when it has not.
func (c *conn) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

func (c *conn) write() {
	for {
		select {
		case <-c.done:
			return
		case p := <-c.queue:
			if p.frame == nil || !p.state.CompareAndSwap(queued, written) {
				continue
			}
			_ = c.ws.SetWriteDeadline(time.Now().Add(c.set.timeout))
			if err := c.ws.WriteMessage(websocket.BinaryMessage, p.frame); err != nil {
				c.end(fmt.Errorf("could not be written: %w", err))
				return
			}
		}
	}
}

// watch asks a silent server whether anybody is there. One that is not is given up; so is a retired one of which nothing is expected any more.
func (c *conn) watch() {
	ticker := time.NewTicker(c.set.ping)
	defer ticker.Stop()
	pinged := int64(0) // when, and since then nothing was heard
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
		}
		c.mu.Lock()
		over := !c.retired.IsZero() && (len(c.pending) == 0 || time.Since(c.retired) > c.set.longest())
		c.mu.Unlock()
		if over {
			c.end(errors.New("retired"))
			return
		}
		quiet := c.heard.Load() <= monotonic()-int64(c.set.ping)
		switch {
		case !quiet || (pinged > 0 && c.heard.Load() > pinged):
			pinged = 0
		case pinged > 0:
			c.mu.Lock()
			c.retire()
			c.mu.Unlock()
		default:
			pinged = monotonic()
			_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.set.ping))
		}
	}
}

// newPrefix is the first 24 characters of a UUID; the last 12 count.
func newPrefix() string {
	var r [10]byte
	_, _ = rand.Read(r[:]) // never fails
	return fmt.Sprintf("%x-%x-4%03x-8%03x-", r[0:4], r[4:6], int(r[6])<<4|int(r[7])>>4, int(r[8])<<4|int(r[9])>>4)
}

func (c *conn) name(n uint64) string {
	digits := strconv.FormatUint(n, 16)
	return c.prefix + strings.Repeat("0", 12-len(digits)) + digits
}

// number of a request of ours; false for an id that nobody gave.
func (c *conn) number(id requestID) (uint64, bool) {
	digits, ours := strings.CutPrefix(strings.ToLower(string(id)), c.prefix)
	if !ours || len(digits) != 12 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}
