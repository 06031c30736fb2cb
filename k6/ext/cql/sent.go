package cql

import (
	"context"
	"sync/atomic"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

type sentKey struct{}

// withSent gives a context in which the driver notes that it began to write the statement. What failed before that was certainly not applied:
// no connection, a statement that could not be prepared, a value of the wrong type, a deadline that passed in a queue.
func withSent(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := new(atomic.Bool)
	return context.WithValue(ctx, sentKey{}, sent), sent
}

// streams is told of every request of the driver, just before it is written. Preparing has a context of the driver's own, and is not noted.
type streams struct{}

func (streams) StreamContext(ctx context.Context) gocql.StreamObserverContext {
	sent, _ := ctx.Value(sentKey{}).(*atomic.Bool)
	return stream{sent}
}

type stream struct{ sent *atomic.Bool }

func (s stream) StreamStarted(gocql.ObservedStream) {
	if s.sent != nil {
		s.sent.Store(true)
	}
}

func (stream) StreamAbandoned(gocql.ObservedStream) {}

func (stream) StreamFinished(gocql.ObservedStream) {}
