package cql

import (
	"math/big"
	"strings"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/grafana/sobek"

	"drill.local/xk6-drill/internal/testvu"
)

func TestRowsBecomePlainValuesWithoutLoss(t *testing.T) {
	rt := sobek.New()
	for want, value := range map[string]any{
		"number 7":                int64(7),
		"bigint 9007199254740993": int64(9007199254740993),
		"bigint 1":                big.NewInt(1),
		"string 00000000-0000-0000-0000-000000000000": gocql.UUID{},
		"number 1000":   time.UnixMilli(1000),
		"string x":      "x",
		"boolean true":  true,
		"number 0.5":    0.5,
		"object 2":      []byte{1, 2},
		"object [null]": []byte(nil),
	} {
		if err := rt.Set("v", plain(rt, value)); err != nil {
			t.Fatal(err)
		}
		got, err := rt.RunString(`typeof v + " " + (v === null ? "[null]" : v.byteLength ?? v)`)
		if err != nil || got.String() != want {
			t.Errorf("%v: expected %s, got %v, %v", value, want, got, err)
		}
	}
}

func TestWrongOptionsAreErrorsThatNameThem(t *testing.T) {
	vu := testvu.New(t, NewRoot())
	for options, want := range map[string]string{
		``:                      "expected an object",
		`{ datacenter: "d" }`:   "hosts",
		`{ hosts: "h" }`:        "hosts",
		`{ hosts: ["h:9042"] }`: "hosts",
		`{ hosts: ["h"] }`:      "datacenter",
		`{ hosts: ["h"], datacenter: "d", port: 0 }`:                      "port",
		`{ hosts: ["h"], datacenter: "d", keyspace: "a; DROP" }`:          "keyspace",
		`{ hosts: ["h"], datacenter: "d", consistency: "LOCAL_QUORUMS" }`: "consistency",
		`{ hosts: ["h"], datacenter: "d", retries: 1 }`:                   "retries",
		`{ hosts: ["h"], datacenter: "d", auth: { username: "a" } }`:      "auth",
		`{ hosts: ["h"], datacenter: "d", timeoutMs: 1e9 }`:               "timeoutMs",
	} {
		if _, err := vu.Try("x.connect(" + options + ")"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: expected an error with %q, got %v", options, want, err)
		}
	}
}

func TestNothingCanBeAskedInTheInitContext(t *testing.T) {
	vu := testvu.New(t, NewRoot())
	vu.Run(`const s = x.connect({ hosts: ["192.0.2.1"], datacenter: "d" })`)
	for _, code := range []string{`s.open()`, `s.execute("SELECT 1", [])`} {
		if _, err := vu.Try(code); err == nil || !strings.Contains(err.Error(), "init context") {
			t.Errorf("%s: expected an error that names the init context, got %v", code, err)
		}
	}
}

func TestWrongRequestsAreErrors(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	vu := vuOn(t, f.port(), "timeoutMs: 1000")
	for code, want := range map[string]string{
		`s.execute("", [])`: "statement",
		`s.execute("SELECT 1", [], { timeoutMs: 2000 })`:     "at most 1000",
		`s.execute("SELECT 1", [], { consistency: "MOST" })`: "consistency",
		`s.execute("SELECT 1", [], { writes: false })`:       "writes",
		`s.execute("SELECT 1", [() => 1])`:                   "values[0]",
	} {
		if _, err := vu.Try(code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: expected an error with %q, got %v", code, want, err)
		}
	}
}
