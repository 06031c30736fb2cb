// Package keep has what is connected lazily, shared by many virtual users, and made again when it is lost.
package keep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Pause lies between the ends of an attempt and the next one, so that many who ask do not make a storm of attempts.
const Pause = 50 * time.Millisecond

// ErrClosed is the cause of an Unconnected after Close.
var ErrClosed = errors.New("closed")

// Kept is one thing that is made when somebody asks for it. At most one attempt is under way; nobody waits longer than his own deadline, and
// no lock is held meanwhile: drivers that dial while they hold their pool's lock make every user wait for a black-holed handshake.
type Kept[T any] struct {
	build func(ctx context.Context) (T, error)
	alive func(T) bool
	drop  func(T)

	mu        sync.Mutex
	current   T
	has       bool
	attempt   *attempt
	notBefore time.Time
	ctx       context.Context
	cancel    context.CancelFunc
}

type attempt struct {
	done  chan struct{}
	began time.Time
	err   *Unconnected
}

// New makes nothing yet. build must end by itself in time and observe its context; what is not alive is made anew; drop ends what is left at Close.
func New[T any](build func(ctx context.Context) (T, error), alive func(T) bool, drop func(T)) *Kept[T] {
	ctx, cancel := context.WithCancel(context.Background())
	return &Kept[T]{build: build, alive: alive, drop: drop, ctx: ctx, cancel: cancel}
}

// Ready gives the thing if it can be used now; otherwise an attempt is under way afterwards, for which nobody waits.
func (k *Kept[T]) Ready() (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.usable() {
		return k.current, true
	}
	k.begin()
	var none T
	return none, false
}

// Take waits for the thing until ctx ends. An Unconnected when an attempt that began after the call was refused, or when ctx ended:
// attempts that met silence are repeated for as long as somebody waits.
func (k *Kept[T]) Take(ctx context.Context) (T, error) {
	var none T
	came := time.Now()
	var last *Unconnected
	for {
		k.mu.Lock()
		if k.usable() {
			defer k.mu.Unlock()
			return k.current, nil
		}
		if k.ctx.Err() != nil {
			k.mu.Unlock()
			return none, &Unconnected{Code: "not-connected", Cause: ErrClosed}
		}
		a := k.begin()
		k.mu.Unlock()
		select {
		case <-a.done:
		case <-ctx.Done():
			if last == nil {
				last = &Unconnected{Code: "not-connected", Silent: true, Cause: ctx.Err()}
			}
			return none, last
		}
		if a.err != nil {
			last = a.err
			if !a.err.Silent && !a.began.Before(came) {
				return none, a.err
			}
		}
	}
}

// Close ends what is there and every attempt.
func (k *Kept[T]) Close() {
	k.cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.has {
		k.has = false
		k.drop(k.current)
	}
}

func (k *Kept[T]) usable() bool { return k.has && k.alive(k.current) }

// begin returns the attempt that is under way, or a new one. The lock is held.
func (k *Kept[T]) begin() *attempt {
	if k.attempt == nil {
		k.attempt = &attempt{done: make(chan struct{})}
		go k.run(k.attempt, time.Until(k.notBefore))
	}
	return k.attempt
}

func (k *Kept[T]) run(a *attempt, wait time.Duration) {
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-k.ctx.Done():
		}
	}
	a.began = time.Now()
	made, err := k.guarded()
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err != nil:
		a.err = Describe(err)
	case k.ctx.Err() != nil:
		k.drop(made)
		a.err = &Unconnected{Code: "not-connected", Cause: ErrClosed}
	default:
		k.current, k.has = made, true
	}
	k.notBefore = time.Now().Add(Pause)
	k.attempt = nil
	close(a.done)
}

func (k *Kept[T]) guarded() (made T, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic while connecting: %v", problem)
		}
	}()
	if k.ctx.Err() != nil {
		return made, ErrClosed
	}
	return k.build(k.ctx)
}
