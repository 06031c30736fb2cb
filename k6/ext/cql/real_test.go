package cql

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"drill.local/xk6-drill/internal/testvu"
)

// real is a Cassandra that is up: DRILL_K6_CQL=HOST:PORT/DATACENTER, as k6/test-real.ts sets it. These tests make and remove a keyspace of their own.
func real(t *testing.T) (host, port, datacenter string) {
	t.Helper()
	address := os.Getenv("DRILL_K6_CQL")
	if address == "" {
		t.Skip("NOT TESTED against a real Cassandra: DRILL_K6_CQL is not set (npm run test:k6 -- --real)")
	}
	place, datacenter, ok := strings.Cut(address, "/")
	host, port, hasPort := strings.Cut(place, ":")
	if !ok || !hasPort {
		t.Fatalf("DRILL_K6_CQL: expected HOST:PORT/DATACENTER, got %s", address)
	}
	return host, port, datacenter
}

const keyspace = "drill_k6_test"

func realVU(t *testing.T, options string) *testvu.VU {
	t.Helper()
	host, port, datacenter := real(t)
	root := NewRoot()
	t.Cleanup(root.Close)
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const s = x.connect({ hosts: [%q], port: %s, datacenter: %q, timeoutMs: 10000, %s })
		const s2 = x.connect({ hosts: [%[1]q], port: %[2]s, datacenter: %[3]q, timeoutMs: 1000 })
		const must = (a) => { if (!a.ok) throw new Error(a.error + ": " + a.message); return a }`, host, port, datacenter, options))
	vu.Start(nil).Run("s.open(); s2.open()")
	return vu
}

func TestRealCassandraKeepsWhatIsWritten(t *testing.T) {
	vu := realVU(t, "")
	_, _, datacenter := real(t)
	t.Cleanup(func() { vu.Run(`must(s.execute("DROP KEYSPACE IF EXISTS ` + keyspace + `", []))`) })
	vu.Run(fmt.Sprintf(`must(s.execute("CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'NetworkTopologyStrategy', '%s': 1}", []))
		must(s.execute("CREATE TABLE IF NOT EXISTS %[1]s.t (k text PRIMARY KEY, n bigint, i int, d double, b blob, u uuid, at timestamp, l list<int>)", []))`, keyspace, datacenter))
	vu.Run(`must(s.execute("INSERT INTO ` + keyspace + `.t (k, n, i, d, b, u, at, l) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		["a", 9007199254740993n, 7, 0.5, new Uint8Array([1, 2]).buffer, "00000000-0000-0000-0000-000000000001", 1000, [1, 2]]))
		const row = must(s.execute("SELECT * FROM ` + keyspace + `.t WHERE k = ?", ["a"])).rows[0]`)
	expect(t, vu, `[row.n === 9007199254740993n, row.i, row.d, row.b.byteLength, row.u, row.at, row.l.join("+")].join(" ")`,
		"true 7 0.5 2 00000000-0000-0000-0000-000000000001 1000 1+2")
	expect(t, vu, `must(s.execute("SELECT * FROM `+keyspace+`.t WHERE k = ?", ["absent"])).rows.length`, "0")
	expect(t, vu, say+`(s.execute("INSERT INTO `+keyspace+`.t (k, n) VALUES (?, ?)", ["b", "x"]))`, "fail invalid")
	expect(t, vu, say+`(s.execute("INSERT INTO `+keyspace+`.absent (k) VALUES (?)", ["b"]))`, "fail invalid")
	expect(t, vu, say+`(s.execute("INSERT INTO `+keyspace+`.t (k, n) VALUES (?, ?)", ["c", 1], { consistency: "THREE" }))`, "fail unavailable")
	expect(t, vu, say+`(s2.execute("INSERT INTO `+keyspace+`.t (k, n) VALUES (?, ?)", ["d", 1], { timeoutMs: 0.001 }))`, "fail timeout")
}

func TestRealCassandraOfAnotherDatacenterIsRefused(t *testing.T) {
	host, port, _ := real(t)
	root := NewRoot()
	t.Cleanup(root.Close)
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const s = x.connect({ hosts: [%q], port: %s, datacenter: "nowhere" })`, host, port))
	vu.Start(nil)
	expect(t, vu, say+`(s.execute("SELECT key FROM system.local", []))`, "fail wrong-datacenter")
}
