// Package options reads what scripts give to connect(): strictly, with errors that name the option and never a secret.
package options

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
)

// Read fills into, a pointer to a struct with json tags, from a JavaScript object. Unknown keys and wrong types are errors.
func Read(what string, value sobek.Value, into any) error {
	if value == nil || sobek.IsUndefined(value) || sobek.IsNull(value) {
		return fmt.Errorf("%s: expected an object with options, got nothing", what)
	}
	given, ok := value.Export().(map[string]any)
	if !ok {
		return fmt.Errorf("%s: expected an object with options, got %s", what, value.ExportType())
	}
	if err := known(given, reflect.TypeOf(into)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	text, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("%s: expected options of plain values: numbers, strings, booleans, lists, objects", what)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %s", what, readable(err))
	}
	return nil
}

// known refuses keys that no field has. (Decoding takes timeoutMS for timeoutMs.)
func known(given map[string]any, of reflect.Type) error {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	fields := map[string]reflect.Type{}
	for i := range of.NumField() {
		fields[of.Field(i).Tag.Get("json")] = of.Field(i).Type
	}
	for key, value := range given {
		field, there := fields[key]
		if !there {
			return fmt.Errorf("unknown option %q; there are %s", key, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		inner, isObject := value.(map[string]any)
		if isObject && field.Kind() == reflect.Pointer && field.Elem().Kind() == reflect.Struct {
			if err := known(inner, field); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	return nil
}

func readable(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s: expected %s, got %s", wrong.Field, wrong.Type, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// Millis is a duration in milliseconds; nil: not given.
type Millis = *float64

// Duration is what was given, or else usual; above 0 and at most an hour.
func Duration(name string, given Millis, usual time.Duration) (time.Duration, error) {
	if given == nil {
		return usual, nil
	}
	if math.IsNaN(*given) || *given <= 0 || *given > 3_600_000 {
		return 0, fmt.Errorf("%s: expected milliseconds, above 0 and at most 3600000, got %v", name, *given)
	}
	return time.Duration(*given * float64(time.Millisecond)), nil
}

// Count is what was given, or else usual; from 1 to most.
func Count(name string, given *int, usual, most int) (int, error) {
	if given == nil {
		return usual, nil
	}
	if *given < 1 || *given > most {
		return 0, fmt.Errorf("%s: expected a whole number from 1 to %d, got %d", name, most, *given)
	}
	return *given, nil
}

// Auth is a login. It must reach no message.
type Auth struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Check refuses a login of which a part is missing.
func (a *Auth) Check() error {
	if a == nil {
		return nil
	}
	if a.Username == "" || a.Password == "" {
		return errors.New("auth: expected username and password, got an empty one (an environment variable that is not set?)")
	}
	if strings.ContainsRune(a.Username+a.Password, 0) {
		return errors.New("auth: expected no NUL in username and password (SASL PLAIN)")
	}
	return nil
}

// Redact takes the password out of what a server or a driver said.
func (a *Auth) Redact(message string) string {
	if a == nil || a.Password == "" {
		return message
	}
	return strings.ReplaceAll(message, a.Password, "***")
}

// TLS is how a server is verified, always, and what it is shown. Contents are PEM, as k6's open() reads them.
type TLS struct {
	CA         string `json:"ca"`
	Cert       string `json:"cert"`
	Key        string `json:"key"`
	ServerName string `json:"serverName"`
}

// Config is nil where t is. Without ca the system's authorities are trusted.
func (t *TLS) Config() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(t.CA)) {
			return nil, errors.New("tls.ca: expected certificates in PEM (the content of the file: open('ca.pem'))")
		}
	}
	if (t.Cert == "") != (t.Key == "") {
		return nil, errors.New("tls.cert and tls.key: expected both or none")
	}
	if t.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(t.Cert), []byte(t.Key))
		if err != nil {
			return nil, errors.New("tls.cert and tls.key: expected a certificate and its key in PEM")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
