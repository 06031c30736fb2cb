package gremlin

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

func TestValuesAreWrittenAsGraphSON(t *testing.T) {
	var said atomic.Value
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { said.Store(r.text); c.answer(r.id, 200, `[]`) })
	vu := vuOn(t, f.url, "")
	for code, want := range map[string]string{
		`1`:                                    `{"@type":"g:Int32","@value":1}`,
		`-3000000000`:                          `{"@type":"g:Int64","@value":-3000000000}`,
		`9007199254740993n`:                    `{"@type":"g:Int64","@value":9007199254740993}`,
		`0.5`:                                  `{"@type":"g:Double","@value":0.5}`,
		`"a\"b"`:                               `"a\"b"`,
		`true`:                                 `true`,
		`null`:                                 `null`,
		`["x"]`:                                `{"@type":"g:List","@value":["x"]}`,
		`({ b: 1, a: "x" })`:                   `{"@type":"g:Map","@value":["a","x","b",{"@type":"g:Int32","@value":1}]}`,
		`({ "@type": "g:T", "@value": "id" })`: `{"@type":"g:T","@value":"id"}`,
	} {
		vu.Run(`g.submit("x", { bindings: { v: ` + code + ` } })`)
		if text := said.Load().(string); !strings.Contains(text, `"bindings":{"v":`+want+`}`) {
			t.Errorf("%s: expected %s in %s", code, want, text)
		}
		vu.Run(`g.bytecode([["V"], ["has", "k", ` + code + `]])`)
		if text := said.Load().(string); !strings.Contains(text, `{"step":[["V"],["has","k",`+want+`]]}`) {
			t.Errorf("%s: expected %s in %s", code, want, text)
		}
	}
	vu.Run(`g.bytecode('[["V"],["count"]]')`)
	if text := said.Load().(string); !strings.Contains(text, `{"step":[["V"],["count"]]}`) {
		t.Errorf("expected the steps as they are, got %s", text)
	}
}

func TestWhatHasNoGraphSONIsAnError(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) })
	vu := vuOn(t, f.url, "")
	for _, code := range []string{
		`g.submit("x", { bindings: { v: NaN } })`,
		`g.submit("x", { bindings: { v: () => 1 } })`,
		`g.submit("x", { bindings: { v: 2n ** 70n } })`,
		`g.submit("x", { bindings: { label: 1 } })`,
		`g.submit("x", { bindings: [1] })`,
		`g.submit("x", { binding: {} })`,
		`g.submit("x", { writes: "no" })`,
		`g.submit("x", { timeoutMs: -1 })`,
		`g.submit("x", "read")`,
		`g.bytecode("V()")`,
		`g.bytecode('[["V"]')`,
		`g.bytecode([["V"], []])`,
		`g.bytecode([[1]])`,
		`g.bytecode()`,
		`var deep = []; for (let i = 0; i < 200; i++) deep = [deep]; g.bytecode([["inject", deep]])`,
	} {
		if _, err := vu.Try(code); err == nil {
			t.Errorf("%s: expected an error", code)
		}
	}
	if f.asked.Load() != 0 {
		t.Fatal("expected that nothing was sent")
	}
}

func TestAnswersBecomePlainValuesWithoutLoss(t *testing.T) {
	list := ""
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, list) })
	vu := vuOn(t, f.url, "")
	for answered, want := range map[string]string{
		`[{"@type":"g:Int64","@value":7}]`:                                                       `7`,
		`[{"@type":"g:Int64","@value":9007199254740993}]`:                                        `9007199254740993`,
		`[{"@type":"g:Double","@value":"NaN"}]`:                                                  `NaN`,
		`[{"@type":"g:Double","@value":0.25}]`:                                                   `0.25`,
		`[{"@type":"g:Traverser","@value":{"bulk":{"@type":"g:Int64","@value":3},"value":"x"}}]`: `x,x,x`,
		`[{"@type":"g:Map","@value":["k","v"]}]`:                                                 `{"k":"v"}`,
		`[{"@type":"g:Map","@value":[{"@type":"g:Int32","@value":1},"v"]}]`:                      `[[1,"v"]]`,
		`[{"@type":"g:UUID","@value":"u"}]`:                                                      `u`,
		`[]`:                                                                                     ``,
	} {
		list = answered
		code := `g.submit("x").data().map((v) => typeof v === "object" ? JSON.stringify(v) : String(v)).join(",")`
		if got := vu.Run(code).String(); got != want {
			t.Errorf("%s: expected %s, got %s", answered, want, got)
		}
	}
}

func TestAnswersThatAreNotToBeHeldAreAnErrorAndNotTheEnd(t *testing.T) {
	list := ""
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, list) })
	vu := vuOn(t, f.url, "")
	for _, list = range []string{
		`[{"@type":"g:Traverser","@value":{"bulk":{"@type":"g:Int64","@value":4611686018427387904},"value":"x"}}]`,
		`[{"@type":"g:Traverser","@value":{"bulk":{"@type":"g:Int64","@value":-1},"value":"x"}}]`,
		`[{"@type":"g:Traverser","@value":7}]`,
		`[{"@type":"g:Map","@value":["odd"]}]`,
		`[{"@type":"g:Int32","@value":"x"}]`,
		`[` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `]`,
		fmt.Sprintf(`[{"@type":"g:Int64","@value":%s}]`, strings.Repeat("9", 5000)),
	} {
		if _, err := vu.Try(`g.submit("x").data()`); err == nil {
			t.Errorf("%.60s: expected an error", list)
		}
	}
}
