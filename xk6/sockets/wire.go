package sockets

import (
	"bytes"
	"regexp"

	"github.com/grafana/sobek"
	"throughline.dev/xk6/internal/script"
)

// wire is how a gateway writes its messages.
type wire struct {
	// first and last begin and end most messages with events.
	first, last []byte
	// between is what separates the messages of a frame: the end of one and the
	// beginning of the next, with one byte that belongs to neither.
	between []byte
	// event is somewhere in a message with events, and answer in any other.
	event, answer *regexp.Regexp
	// key stands before the id of an event.
	key *regexp.Regexp
}

func readWire(into *wire) func(sobek.Value) error {
	return func(v sobek.Value) error {
		return script.Setters{
			"first":   text(&into.first),
			"last":    text(&into.last),
			"between": text(&into.between),
			"event":   pattern(&into.event),
			"answer":  pattern(&into.answer),
			"key":     pattern(&into.key),
		}.Apply("wire.", v)
	}
}

func text(target *[]byte) func(sobek.Value) error {
	return func(v sobek.Value) error {
		var s string
		if err := script.Text(&s)(v); err != nil {
			return err
		}
		*target = []byte(s)
		return nil
	}
}

func pattern(target **regexp.Regexp) func(sobek.Value) error {
	return func(v sobek.Value) error {
		var s string
		if err := script.Text(&s)(v); err != nil {
			return err
		}
		compiled, err := regexp.Compile(s)
		*target = compiled
		return err
	}
}

// isWhole says whether every part is known.
func (w *wire) isWhole() bool {
	return w.first != nil && w.last != nil && len(w.between) > 2 && w.event != nil && w.answer != nil && w.key != nil
}

// isEvents says whether a message carries events, whatever the order of its
// keys, its spacing, and how many events are in it.
func (w *wire) isEvents(message []byte) bool {
	if bytes.HasPrefix(message, w.first) || bytes.HasSuffix(message, w.last) {
		return true
	}
	if id, _ := findID(message); id == nil {
		return w.event.Match(message)
	}
	return !w.answer.Match(message)
}

// messages hands on each message of a frame: gateways join those that wait for
// a slow client.
func (w *wire) messages(frame []byte, each func([]byte)) {
	for {
		at := bytes.Index(frame, w.between)
		if at < 0 {
			each(frame)
			return
		}
		each(frame[:at+1])
		frame = frame[at+len(w.between)-1:]
	}
}
