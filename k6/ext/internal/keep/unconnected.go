package keep

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"go.k6.io/k6/lib/netext"
)

// Unconnected says that no connection could be had, so that nothing was sent.
type Unconnected struct {
	// Code is short: "refused", "auth", "tls", "not-connected".
	Code string
	// Silent: the network said nothing, and another attempt may be luckier. Otherwise somebody answered, and the answer was no.
	Silent bool
	Cause  error
}

func (u *Unconnected) Error() string {
	if u.Cause == nil {
		return u.Code
	}
	return fmt.Sprintf("%s: %v", u.Code, u.Cause)
}

func (u *Unconnected) Unwrap() error { return u.Cause }

// Describe says why a connection could not be made. An Unconnected stays what it is.
func Describe(err error) *Unconnected {
	var known *Unconnected
	if errors.As(err, &known) {
		return known
	}
	code, silent := describe(err)
	return &Unconnected{Code: code, Silent: silent, Cause: err}
}

func describe(err error) (code string, silent bool) {
	var (
		name    *net.DNSError
		banned  netext.BlackListedIPError
		blocked netext.BlockedHostError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused", false
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable", false
	case errors.As(err, &name):
		if name.IsTimeout {
			return "dns", true
		}
		return "unknown-host", false
	case errors.As(err, &banned), errors.As(err, &blocked):
		return "blocked", false
	case isTLS(err):
		return "tls", false
	case isTimeout(err):
		return "not-connected", true
	default:
		return "not-connected", false
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		(errors.As(err, &timeout) && timeout.Timeout())
}

func isTLS(err error) bool {
	var (
		record      tls.RecordHeaderError
		alert       tls.AlertError
		certificate *tls.CertificateVerificationError
		host        x509.HostnameError
		authority   x509.UnknownAuthorityError
	)
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &certificate) ||
		errors.As(err, &host) || errors.As(err, &authority)
}

// IsLost tells whether a connection that was there ended.
func IsLost(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &op)
}
