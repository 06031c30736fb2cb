package cql

import (
	"os"
	"regexp"
	"strings"
	"testing"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

// The probes' names of the server's errors.
var names = map[string]int{
	"unavailableException": gocql.ErrCodeUnavailable,
	"badCredentials":       gocql.ErrCodeCredentials,
	"unauthorized":         gocql.ErrCodeUnauthorized,
	"syntaxError":          gocql.ErrCodeSyntax,
	"invalid":              gocql.ErrCodeInvalid,
	"configError":          gocql.ErrCodeConfig,
	"unprepared":           gocql.ErrCodeUnprepared,
	"isBootstrapping":      gocql.ErrCodeBootstrapping,
	"writeTimeout":         gocql.ErrCodeWriteTimeout,
	"writeFailure":         gocql.ErrCodeWriteFailure,
	"overloaded":           gocql.ErrCodeOverloaded,
	"readTimeout":          gocql.ErrCodeReadTimeout,
}

func TestTheProbesDecideTheSame(t *testing.T) {
	source, err := os.ReadFile("../../../src/probes/cql-errors.ts")
	if err != nil {
		t.Fatal(err)
	}
	compare := func(what, pattern string, here map[int]string) {
		there := regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1)
		if len(there) != len(here) {
			t.Errorf("%s: expected %d, as here, got %d", what, len(here), len(there))
		}
		for _, one := range there {
			code, known := names[one[1]]
			if !known || here[code] != one[2] {
				t.Errorf("%s: %s is %q in the probes, and %q here", what, one[1], one[2], here[code])
			}
		}
	}
	compare("certain", `\[codes\.(\w+), '([\w-]+)'\]`, certain)
	compare("uncertain", `code === codes\.(\w+)\) return \{ outcome: 'info', error: '([\w-]+)'`, uncertain)
	if !strings.Contains(string(source), "server-${code}") {
		t.Error("expected server-CODE for everything else")
	}
}
