package gremlin

import (
	"encoding/json"
	"errors"
	"fmt"
)

func (c *conn) read() {
	for {
		_, message, err := c.ws.ReadMessage()
		if err != nil {
			c.end(fmt.Errorf("the connection was lost: %w", err))
			return
		}
		c.hear()
		r, err := parse(message)
		if err == nil {
			err = c.receive(r, len(message))
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// receive takes one frame. An error when the connection is not to be trusted any more.
func (c *conn) receive(r *response, size int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ours := c.number(r.RequestID)
	if !ours || n == 0 || n > c.asked {
		return errors.New("the server answered a request that nobody made")
	}
	c.timeouts = 0
	p := c.pending[n]
	if p == nil { // late, or once more
		return nil
	}
	if p.state.Load() != written {
		return errors.New("the server answered a request that was not sent yet")
	}
	switch r.Status.Code {
	case 200, 204, 206:
		return c.take(n, p, r, size)
	case 407:
		return c.challenge(n, p)
	default:
		c.settle(n, p, answer{kind: failed, status: r.Status.Code, message: r.Status.Message})
		return nil
	}
}

// take collects the parts of an answer.
func (c *conn) take(n uint64, p *pending, r *response, size int) error {
	if p.bytes += size; p.bytes > c.set.maxAnswer {
		c.settle(n, p, answer{kind: tooLarge})
		return nil
	}
	if r.Status.Code != 204 {
		p.parts.data = append(p.parts.data, append(json.RawMessage(nil), r.Result.Data...))
	}
	if r.Status.Code != 206 {
		p.parts.status = r.Status.Code
		c.settle(n, p, p.parts)
	}
	return nil
}

// challenge is the server's question for a login, once for each connection: for the first request, which it then answers.
func (c *conn) challenge(n uint64, p *pending) error {
	auth := c.set.auth
	if auth == nil || p.challenged {
		message := "the server asks for a login, and none is given"
		if p.challenged {
			message = "the server asks for a login again"
		}
		c.settle(n, p, answer{kind: failed, status: 401, message: message})
		return nil
	}
	p.challenged = true
	login := &pending{frame: frame(c.name(n), authenticationBody(auth.Username, auth.Password)), ended: make(chan answer, 1)}
	select {
	case c.queue <- login:
		return nil
	default: // a queue that is full although a login is missing
		return errors.New("the login could not be sent")
	}
}

func (c *conn) settle(n uint64, p *pending, a answer) {
	delete(c.pending, n)
	p.ended <- a
}
