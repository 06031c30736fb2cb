package gremlin

import (
	"fmt"
	"os"
	"testing"

	"drill.local/xk6-drill/internal/testvu"
)

// realVU is connected to a JanusGraph that is up: DRILL_K6_GREMLIN=ws://HOST:PORT/gremlin, as k6/test-real.ts sets it.
func realVU(t *testing.T, options string) *testvu.VU {
	t.Helper()
	url := os.Getenv("DRILL_K6_GREMLIN")
	if url == "" {
		t.Skip("NOT TESTED against a real JanusGraph: DRILL_K6_GREMLIN is not set (npm run test:k6 -- --real)")
	}
	root := NewRoot()
	t.Cleanup(root.Close)
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const g = x.connect({ url: %q, %s })
		const must = (a) => { if (!a.ok) throw new Error(a.error + ": " + a.message); return a.data() }`, url, options))
	vu.Start(nil).Run("g.open()")
	return vu
}

// What is written has a label of its own and is removed.
func TestRealJanusGraphKeepsWhatIsWritten(t *testing.T) {
	vu := realVU(t, "timeoutMs: 20000")
	remove := `must(g.bytecode([["V"], ["hasLabel", "DrillK6Test"], ["drop"]]))`
	t.Cleanup(func() { vu.Run(remove) })
	vu.Run(`must(g.bytecode([["addV", "DrillK6Test"], ["property", "drillK6Key", "a"], ["property", "drillK6Number", 7]]))
		must(g.submit("g.addV('DrillK6Test').property('drillK6Key', key1).property('drillK6Number', n).iterate()", { bindings: { key1: "b", n: 8 } }))`)
	seen := `must(g.bytecode([["V"], ["hasLabel", "DrillK6Test"], ["project", "k", "n"], ["by", "drillK6Key"], ["by", "drillK6Number"]], { writes: false }))
		.map((r) => r.k + r.n).sort().join(" ")`
	expect(t, vu, seen, "a7 b8")
	vu.Run(remove)
	expect(t, vu, seen, "")
}

func TestRealGremlinServerUnderstandsEveryValue(t *testing.T) {
	vu := realVU(t, "timeoutMs: 20000")
	for value, want := range map[string]string{
		`1`: "Integer", `3000000000`: "Long", `0.5`: "Double", `"x"`: "String", `true`: "Boolean", `[1, "a"]`: "LinkedList", `({ a: 1 })`: "LinkedHashMap",
	} {
		expect(t, vu, `must(g.submit("v.getClass().simpleName", { bindings: { v: `+value+` } }))[0]`, want)
	}
	expect(t, vu, `must(g.submit("[1L << 60, 2, 0.5d, 'x', [a: 1], Double.NaN]"))[0] === 1152921504606846976n`, "true")
	expect(t, vu, `must(g.bytecode([["inject", 1, 1, 2]])).join("+")`, "1+1+2")
	expect(t, vu, `must(g.submit("(1..1000).toList()", { writes: false })).length`, "1000")
}

func TestRealErrorsAreDecidedAsTheProbesDecideThem(t *testing.T) {
	vu := realVU(t, "timeoutMs: 20000")
	expect(t, vu, say+`(g.submit("nonsense("))`, "info server-597")
	expect(t, vu, say+`(g.submit("1 / 0", { writes: false }))`, "fail server-597")
	expect(t, vu, say+`(g.bytecode([["nonsense"]]))`, "info server-599")
	expect(t, vu, say+`(g.submit("Thread.sleep(3000)", { timeoutMs: 200 }))`, "info timeout")
	expect(t, vu, say+`(g.submit("1"))`, "ok")
}
