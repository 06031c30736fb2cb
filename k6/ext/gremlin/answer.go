package gremlin

import (
	"encoding/json"
	"fmt"
	"regexp"

	"drill.local/xk6-drill/internal/outcome"
)

type kind int

const (
	// result: the server said that it is done.
	result kind = iota
	// failed: the server answered with an error.
	failed
	// unsent: not a byte of it left; code says why.
	unsent
	// timeout: given up after it was sent.
	timeout
	// closed: the connection ended after it was sent.
	closed
	// aborted: the virtual user was stopped after it was sent.
	aborted
	// tooLarge: more came than is taken.
	tooLarge
)

// answer is how a request ended.
type answer struct {
	kind    kind
	code    string
	status  int
	message string
	data    []json.RawMessage
}

// refusals are the status codes with which Gremlin Server refuses a request before it runs it.
var refusals = map[int]string{
	401: "auth",
	403: "auth",
	407: "auth",
	429: "overloaded",
	498: "invalid",
	499: "invalid",
}

var backend = regexp.MustCompile(`(?i)backend exception|could not (commit|execute)|persist`)

// classify says what became of an operation: a write is failed only where it certainly was not applied.
func classify(a answer, writes bool) outcome.Verdict {
	switch a.kind {
	case result:
		return outcome.Acknowledged()
	case unsent:
		return outcome.Failed(writes, true, a.code)
	case failed:
		if code, certain := refusals[a.status]; certain {
			return outcome.Failed(writes, true, code)
		}
		return outcome.Failed(writes, false, serverCode(a))
	case timeout:
		return outcome.Failed(writes, false, "timeout")
	case aborted:
		return outcome.Failed(writes, false, "aborted")
	case tooLarge:
		return outcome.Failed(writes, false, "too-large")
	default:
		return outcome.Failed(writes, false, "closed")
	}
}

// serverCode is for evaluation and server errors: the commit is part of the request, so it may have failed half way.
func serverCode(a answer) string {
	if a.status == 598 {
		return "server-timeout"
	}
	if backend.MatchString(a.message) {
		return "backend"
	}
	return fmt.Sprintf("server-%d", a.status)
}
