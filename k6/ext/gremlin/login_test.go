package gremlin

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func pemOf(certificate *x509.Certificate) string {
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	return b.String()
}

// locked asks every connection for a login, once, as Gremlin Server does.
func locked(t *testing.T, again bool) *fake {
	t.Helper()
	known := map[*fakeConn]string{}
	return serve(t, nil, func(c *fakeConn, r fakeRequest) {
		switch {
		case r.op == "authentication" && login(r) == "|alice|s3cret" && !again:
			known[c] = "alice"
			c.answer(r.id, 200, `["welcome"]`)
		case r.op == "authentication" && !again:
			c.say(`{"requestId":"` + r.id + `","status":{"code":401,"message":"wrong: ` + login(r) + `"}}`)
		case known[c] == "":
			c.answer(r.id, 407, `[]`)
		default:
			c.answer(r.id, 200, `["in"]`)
		}
	}, func(*fakeConn) {})
}

func TestALoginAnswersTheChallenge(t *testing.T) {
	vu := vuOn(t, locked(t, false).url, "auth: { username: 'alice', password: 's3cret' }")
	expect(t, vu, `g.submit("g.V()").data()[0]`, "in")
}

func TestAWrongLoginIsCertainlyNotAppliedAndNobodySaysItsPassword(t *testing.T) {
	vu := vuOn(t, locked(t, false).url, "timeoutMs: 2000, auth: { username: 'alice', password: 'wr0ng-pass' }")
	expect(t, vu, write, "fail auth")
	if said := vu.Text(`g.submit("g.V()")`); strings.Contains(said, "wr0ng-pass") {
		t.Fatalf("the password is told: %s", said)
	}
	_, err := vu.Try(`g.open(1000)`)
	if err == nil || strings.Contains(err.Error(), "wr0ng-pass") || !strings.Contains(err.Error(), "auth") {
		t.Fatalf("expected a refusal without the password, got %v", err)
	}
}

func TestAChallengeWithoutALoginOrAgainAndAgainIsARefusal(t *testing.T) {
	expect(t, vuOn(t, locked(t, false).url, "timeoutMs: 2000"), write, "fail auth")
	expect(t, vuOn(t, locked(t, true).url, "timeoutMs: 2000, auth: { username: 'alice', password: 's3cret' }"), write, "fail auth")
}
