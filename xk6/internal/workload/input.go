package workload

import (
	"errors"
	"fmt"
	"sync"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"throughline.dev/xk6/internal/script"
)

// Template is the JS object of a template.
type Template struct {
	rt *sobek.Runtime
	of *template
}

// Construct is the JS constructor Template.
func Construct(rt *sobek.Runtime, call sobek.ConstructorCall) *sobek.Object {
	t, err := readTemplate(call.Argument(0))
	if err != nil {
		common.Throw(rt, fmt.Errorf("template: %w", err))
	}
	return rt.ToValue(&Template{rt, t}).ToObject(rt)
}

// Shared is the templates that all VUs of a process use. Each is made once, by
// the first VU that asks for it: of 160 variants that took 35 of the 60 ms in
// which k6 made a VU. The lock is held while one is made, as k6 holds its own
// for a SharedArray: a function that makes one asks for no other.
type Shared struct {
	mu   sync.Mutex
	made map[string]*template
}

// read is what a script means by a template: a Template, or { name, make },
// which all VUs share by its name.
func (s *Shared) read(of sobek.Value) (*template, error) {
	object, isObject := of.(*sobek.Object)
	if !isObject {
		return nil, fmt.Errorf("want a Template, got %s", script.Describe(of))
	}
	if t, isTemplate := object.Export().(*Template); isTemplate {
		return t.of, nil
	}
	name, isNamed := script.TextOf(object.Get("name"))
	make, isFunction := sobek.AssertFunction(object.Get("make"))
	if !isNamed || !isFunction {
		return nil, fmt.Errorf("want a Template or { name, make }, got %s", script.Describe(of))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, isMade := s.made[name]; isMade {
		return t, nil
	}
	options, err := make(sobek.Undefined())
	if err != nil {
		return nil, err
	}
	t, err := readTemplate(options)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	if s.made == nil {
		s.made = map[string]*template{}
	}
	s.made[name] = t
	return t, nil
}

// Message is what is published of one event.
type Message struct {
	Subject string `js:"subject"`
	Data    string `js:"data"`
}

// Write returns the message of one event, as publishing writes it.
func (t *Template) Write(of sobek.Value) (*Message, error) {
	one, err := t.trace(of)
	if err != nil {
		return nil, err
	}
	subject, data := (&Writer{template: t.of}).Append(nil, one)
	return &Message{subject, string(data)}, nil
}

// Fields returns the parts of one event, as adding it to a stream writes them.
func (t *Template) Fields(of sobek.Value) ([]string, error) {
	one, err := t.trace(of)
	if err != nil {
		return nil, err
	}
	var fields []string
	(&Writer{template: t.of}).Fields(nil, one, func(field []byte) { fields = append(fields, string(field)) })
	return fields, nil
}

func (t *Template) trace(of sobek.Value) (*Trace, error) {
	var one Trace
	err := script.Setters{
		"run":         script.Whole32(&one.Run),
		"publisher":   script.Whole16(&one.Publisher),
		"seq":         script.Whole32(&one.Seq),
		"publishedAt": script.Micros(&one.Micros),
	}.Apply("", of)
	if err == nil && t.of.limited && one.Seq >= seqLimit {
		err = errSeqLimit(uint64(one.Seq))
	}
	if err != nil {
		return nil, fmt.Errorf("template: write an event: %w", err)
	}
	return &one, nil
}

func readTemplate(v sobek.Value) (*template, error) {
	t := &template{}
	err := script.Setters{
		"seed":     script.Whole32(&t.seed),
		"variants": script.List("variant", t.addVariant),
		"unwanted": t.setUnwanted,
	}.Apply("", v)
	switch {
	case err != nil:
		return nil, err
	case len(t.variants) == 0:
		return nil, errors.New("it has no variants: want one at least")
	case int(t.unwanted.count) >= len(t.variants):
		return nil, &script.OptionError{Name: "unwanted.count", Problem: fmt.Errorf("want less than the %d variants, got %d", len(t.variants), t.unwanted.count)}
	case t.unwanted.share > 0 && t.unwanted.count == 0:
		return nil, &script.OptionError{Name: "unwanted.count", Problem: errors.New("want one at least where they have a share")}
	}
	return t, nil
}

func (t *template) setUnwanted(v sobek.Value) error {
	return script.Setters{
		"share": func(v sobek.Value) error {
			if t.unwanted.share = v.ToFloat(); !(t.unwanted.share >= 0 && t.unwanted.share <= 1) {
				return fmt.Errorf("want a number from 0 to 1, got %s", script.Describe(v))
			}
			return nil
		},
		"count": script.Whole32(&t.unwanted.count),
	}.Apply("unwanted.", v)
}

func (t *template) addVariant(v sobek.Value) error {
	var added variant
	pieces := script.List("piece", func(v sobek.Value) error {
		p, err := readPiece(v)
		t.limited = t.limited || p.kind == pieceIdentity && (p.spelling == spellUUID || p.spelling == spellNumber)
		added.parts[len(added.parts)-1] = append(added.parts[len(added.parts)-1], p)
		return err
	})
	part := func(v sobek.Value) error {
		added.parts = append(added.parts, nil)
		return pieces(v)
	}
	err := script.Setters{
		"subject": script.Text(&added.subject),
		"pieces":  part,
		"fields":  script.List("field", part),
	}.Apply("", v)
	t.variants = append(t.variants, added)
	return err
}

func readPiece(v sobek.Value) (piece, error) {
	if s, isText := script.TextOf(v); isText {
		return piece{kind: pieceText, text: s}, nil
	}
	if _, isObject := v.(*sobek.Object); !isObject {
		return piece{}, &script.OptionError{Name: "slot", Problem: fmt.Errorf("want identity, time or number, got %s", script.Describe(v))}
	}
	var (
		slot, spelled, unit string
		number              = numberSlot{every: 1, times: 1}
		digits, times       uint16
		to                  = uint16(len(isoFormat))
	)
	err := script.Setters{
		"slot":     script.Text(&slot),
		"spelling": script.Text(&spelled),
		"unit":     script.Text(&unit),
		"every":    script.Whole32(&number.every),
		"modulo":   script.Whole32(&number.modulo),
		"from":     script.Whole32(&number.from),
		"to":       script.Whole16(&to),
		"seed": func(v sobek.Value) error {
			number.drawn = true
			return script.Whole32(&number.seed)(v)
		},
		"below":  script.Whole32(&number.below),
		"plus":   script.Whole32(&number.plus),
		"digits": script.Whole16(&digits),
		"times":  script.Whole16(&times),
	}.Apply("", v)
	switch {
	case err != nil:
		return piece{}, err
	case number.every == 0:
		return piece{}, &script.OptionError{Name: "every", Problem: errors.New("want a whole number above 0, got 0")}
	case digits > 16:
		return piece{}, &script.OptionError{Name: "digits", Problem: fmt.Errorf("want at most 16, got %d", digits)}
	}
	number.digits = int(digits)
	number.times = max(1, int(times))
	switch {
	case slot == "identity":
		if as, known := spellings[spelled]; known {
			return piece{kind: pieceIdentity, spelling: as}, nil
		}
		return piece{}, &script.OptionError{Name: "spelling", Problem: fmt.Errorf("want text, hash, uuid or number, got %q", spelled)}
	case slot == "time" && unit == "iso" && int(to) <= len(isoFormat) && number.from <= uint32(to):
		return piece{kind: pieceISO, from: int(number.from), to: int(to)}, nil
	case slot == "time" && unit == "iso":
		return piece{}, &script.OptionError{Name: "to", Problem: fmt.Errorf("want %d at most and not below from, got %d to %d", len(isoFormat), number.from, to)}
	case slot == "time" && unit == "unix":
		return piece{kind: pieceUnix}, nil
	case slot == "time" && unit == "unixms":
		return piece{kind: pieceUnixMilli}, nil
	case slot == "time":
		return piece{}, &script.OptionError{Name: "unit", Problem: fmt.Errorf("want iso, unix or unixms, got %q", unit)}
	case slot == "number":
		return piece{kind: pieceNumber, number: number}, nil
	}
	return piece{}, &script.OptionError{Name: "slot", Problem: fmt.Errorf("want identity, time or number, got %q", slot)}
}
