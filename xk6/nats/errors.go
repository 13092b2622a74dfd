package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	errClosed       = errors.New("already closed")
	errNoSubject    = errors.New("the subject is missing: want a string")
	errNoStream     = errors.New("no responders (no stream captures this subject)")
	errNoReplier    = errors.New("no responders (nobody answers on this subject)")
	errAckTimeout   = errors.New("no acknowledgement in time")
	errInterrupted  = errors.New("the iteration ended before the acknowledgement")
	errNotConnected = errors.New("not connected")
	errBadAck       = errors.New("the answer is not a JetStream acknowledgement")
)

// opError says what was attempted, on what, where, and why it failed. It never
// holds credentials.
type opError struct {
	op      string
	object  string
	servers string
	cause   error
}

// Error puts it in one line.
func (e *opError) Error() string {
	if e.object == "" {
		return fmt.Sprintf("nats: %s %s: %s", e.op, e.servers, reason(e.cause))
	}
	return fmt.Sprintf("nats: %s %q on %s: %s", e.op, e.object, e.servers, reason(e.cause))
}

// Unwrap returns the cause.
func (e *opError) Unwrap() error { return e.cause }

// reason is the text of err without the prefix that the NATS client library
// gives to its own errors.
func reason(err error) string {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return fmt.Sprintf("%s (JetStream error %d)", api.Description, api.ErrorCode)
	}
	return strings.TrimPrefix(err.Error(), "nats: ")
}

// answerError makes an error of waiting for an answer say what was missing.
func answerError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", requestTimeout)
	}
	return err
}

// isMalformed tells whether a message was not sent because no connection would
// take it: it is too large for the server, or its subject is none.
func isMalformed(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject)
}

// sendError makes an error of sending the message say what is known of it.
func sendError(conn *nats.Conn, msg *nats.Msg, err error) error {
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("%w: %d bytes, the server takes %d", err, len(msg.Data), conn.MaxPayload())
	}
	return err
}
