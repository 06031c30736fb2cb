package gremlin

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"drill.local/xk6-drill/internal/outcome"
)

func TestTheProbesRefuseTheSame(t *testing.T) {
	source, err := os.ReadFile("../../../src/probes/gremlin-answer.ts")
	if err != nil {
		t.Fatal(err)
	}
	there := regexp.MustCompile(`\[(\d+), '([\w-]+)'\]`).FindAllStringSubmatch(string(source), -1)
	got := map[string]string{}
	for _, one := range there {
		got[one[1]] = one[2]
	}
	want := map[string]string{}
	for status, code := range refusals {
		want[fmt.Sprint(status)] = code
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("the probes have %v, here are %v", got, want)
	}
}

// The cases of src/probes/gremlin-answer.test.ts.
func TestWhatBecameOfAWriteAndOfARead(t *testing.T) {
	server := func(status int, message string) answer {
		return answer{kind: failed, status: status, message: message}
	}
	for _, one := range []struct {
		name string
		answer
		write outcome.Outcome
		code  string
	}{
		{"not connected", answer{kind: unsent, code: "refused"}, outcome.Fail, "refused"},
		{"no answer", answer{kind: timeout}, outcome.Info, "timeout"},
		{"connection lost after sending", answer{kind: closed}, outcome.Info, "closed"},
		{"login", server(401, ""), outcome.Fail, "auth"},
		{"not allowed", server(403, ""), outcome.Fail, "auth"},
		{"too many requests", server(429, ""), outcome.Fail, "overloaded"},
		{"malformed", server(498, ""), outcome.Fail, "invalid"},
		{"arguments", server(499, ""), outcome.Fail, "invalid"},
		{"evaluation timeout", server(598, ""), outcome.Info, "server-timeout"},
		{"storage", server(500, "Could not execute operation due to backend exception"), outcome.Info, "backend"},
		{"commit", server(597, "Could not commit transaction due to exception during persistence"), outcome.Info, "backend"},
		{"serialization of an answer, after the commit", server(599, ""), outcome.Info, "server-599"},
		{"anything else", server(500, "?"), outcome.Info, "server-500"},
		{"stopped after sending", answer{kind: aborted}, outcome.Info, "aborted"},
		{"more than is taken", answer{kind: tooLarge}, outcome.Info, "too-large"},
	} {
		if got := classify(one.answer, true); got.Outcome != one.write || got.Error != one.code {
			t.Errorf("a write: %s: expected %s %s, got %v", one.name, one.write, one.code, got)
		}
		if got := classify(one.answer, false); got.Outcome != outcome.Fail || got.Error != one.code {
			t.Errorf("a read: %s: expected fail %s, got %v", one.name, one.code, got)
		}
	}
	if got := classify(answer{kind: result}, true); got != outcome.Acknowledged() {
		t.Errorf("an answer: expected ok, got %v", got)
	}
}
