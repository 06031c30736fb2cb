package cql

import (
	"context"
	"errors"
	"fmt"
	"net"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"drill.local/xk6-drill/internal/keep"
	"drill.local/xk6-drill/internal/outcome"
)

// certain are the server's errors that say that nothing was applied. Every other answer to a write may hide an effect.
var certain = map[int]string{
	gocql.ErrCodeUnavailable:   "unavailable",
	gocql.ErrCodeCredentials:   "auth",
	gocql.ErrCodeUnauthorized:  "auth",
	gocql.ErrCodeSyntax:        "invalid",
	gocql.ErrCodeInvalid:       "invalid",
	gocql.ErrCodeConfig:        "invalid",
	gocql.ErrCodeUnprepared:    "unprepared",
	gocql.ErrCodeBootstrapping: "bootstrapping",
}

// uncertain have a name of their own. Overloaded is said of hints that are too many as well, by a coordinator that may have sent some of the copies.
var uncertain = map[int]string{
	gocql.ErrCodeWriteTimeout: "write-timeout",
	gocql.ErrCodeWriteFailure: "write-failure",
	gocql.ErrCodeOverloaded:   "overloaded",
	gocql.ErrCodeReadTimeout:  "read-timeout",
}

// classify says what became of a statement that ended in err: a write is failed only where it certainly was not applied. sent: some of it may have left.
func classify(err error, writes, sent bool) outcome.Verdict {
	if err == nil {
		return outcome.Acknowledged()
	}
	var server gocql.RequestError
	if errors.As(err, &server) {
		if code, known := certain[server.Code()]; known {
			return outcome.Failed(writes, true, code)
		}
		if code, known := uncertain[server.Code()]; known {
			return outcome.Failed(writes, !sent, code)
		}
		return outcome.Failed(writes, !sent, fmt.Sprintf("server-%d", server.Code()))
	}
	return outcome.Failed(writes, !sent, clientCode(err, sent))
}

func clientCode(err error, sent bool) string {
	var unconnected *keep.Unconnected
	var marshal gocql.MarshalError
	switch {
	case errors.As(err, &unconnected):
		return unconnected.Code
	case errors.Is(err, context.Canceled):
		return "aborted"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, gocql.ErrTimeoutNoResponse), isTimeout(err):
		return "timeout"
	case errors.Is(err, gocql.ErrNoConnections), errors.Is(err, gocql.ErrNoStreams):
		return "no-host"
	case sent:
		return "closed"
	case errors.As(err, &marshal):
		return "invalid"
	case errors.Is(err, gocql.ErrConnectionClosed), keep.IsLost(err):
		return "no-host"
	default:
		return "invalid"
	}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
