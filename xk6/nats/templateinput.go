package nats

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
)

// Template is the JS object of a template.
type Template struct {
	rt *sobek.Runtime
	of *template
}

// Write returns the message of one event, as publishing writes it.
func (t *Template) Write(of sobek.Value) (map[string]any, error) {
	var one trace
	err := setters{
		"run":         whole32(&one.run),
		"publisher":   whole16(&one.publisher),
		"seq":         whole32(&one.seq),
		"publishedAt": micros(&one.micros),
	}.apply("", of)
	if err == nil && t.of.limited && one.seq >= seqLimit {
		err = errSeqLimit(uint64(one.seq))
	}
	if err != nil {
		return nil, fmt.Errorf("nats: write a message: %w", err)
	}
	subject, data := (&writer{template: t.of}).write(&one)
	return map[string]any{"subject": subject, "data": string(data)}, nil
}

// constructTemplate is the JS constructor Template.
func (in *instance) constructTemplate(call sobek.ConstructorCall) *sobek.Object {
	rt := in.vu.Runtime()
	t, err := readTemplate(call.Argument(0))
	if err != nil {
		common.Throw(rt, fmt.Errorf("nats: template: %w", err))
	}
	return rt.ToValue(&Template{rt, t}).ToObject(rt)
}

func readTemplate(v sobek.Value) (*template, error) {
	t := &template{}
	err := setters{
		"seed":     whole32(&t.seed),
		"variants": list("variant", t.addVariant),
	}.apply("", v)
	if err == nil && len(t.variants) == 0 {
		err = errors.New("it has no variants: want one at least")
	}
	return t, err
}

func (t *template) addVariant(v sobek.Value) error {
	var added variant
	err := setters{
		"subject": text(&added.subject),
		"pieces": list("piece", func(v sobek.Value) error {
			p, err := readPiece(v)
			if err != nil {
				return err
			}
			t.limited = t.limited || p.kind == pieceIdentity && (p.spelling == spellUUID || p.spelling == spellNumber)
			added.pieces = append(added.pieces, p)
			return nil
		}),
	}.apply("", v)
	if err == nil && added.subject == "" {
		err = &optionError{"subject", errors.New("missing: want a string")}
	}
	t.variants = append(t.variants, added)
	return err
}

func readPiece(v sobek.Value) (piece, error) {
	if s, isText := textOf(v); isText {
		return piece{kind: pieceText, text: s}, nil
	}
	if _, isObject := v.(*sobek.Object); !isObject {
		return piece{}, &optionError{"slot", fmt.Errorf("want identity, time or number, got %s", describe(v))}
	}
	var (
		slot, spelled, unit string
		number              = numberSlot{every: 1, times: 1}
		digits, times       uint16
	)
	err := setters{
		"slot":     text(&slot),
		"spelling": text(&spelled),
		"unit":     text(&unit),
		"every":    whole32(&number.every),
		"from":     whole32(&number.from),
		"seed": func(v sobek.Value) error {
			number.drawn = true
			return whole32(&number.seed)(v)
		},
		"digits": whole16(&digits),
		"times":  whole16(&times),
	}.apply("", v)
	switch {
	case err != nil:
		return piece{}, err
	case number.every == 0:
		return piece{}, &optionError{"every", errors.New("want a whole number above 0, got 0")}
	case digits > 16:
		return piece{}, &optionError{"digits", fmt.Errorf("want at most 16, got %d", digits)}
	}
	number.digits = int(digits)
	number.times = max(1, int(times))
	switch {
	case slot == "identity":
		if as, known := spellings[spelled]; known {
			return piece{kind: pieceIdentity, spelling: as}, nil
		}
		return piece{}, &optionError{"spelling", fmt.Errorf("want text, hash, uuid or number, got %q", spelled)}
	case slot == "time" && unit == "millisecond":
		return piece{kind: pieceMillisecond}, nil
	case slot == "time" && unit == "second":
		return piece{kind: pieceSecond}, nil
	case slot == "time":
		return piece{}, &optionError{"unit", fmt.Errorf("want millisecond or second, got %q", unit)}
	case slot == "number":
		return piece{kind: pieceNumber, number: number}, nil
	}
	return piece{}, &optionError{"slot", fmt.Errorf("want identity, time or number, got %q", slot)}
}

// list hands every element of an array to read; noun is what one is called.
func list(noun string, read func(sobek.Value) error) func(sobek.Value) error {
	return func(v sobek.Value) error {
		array, ok := v.(*sobek.Object)
		if !ok || array.ClassName() != "Array" {
			return fmt.Errorf("want an array, got %s", describe(v))
		}
		for i := range array.Get("length").ToInteger() {
			if err := read(array.Get(strconv.FormatInt(i, 10))); err != nil {
				return fmt.Errorf("%s %d: %w", noun, i, err)
			}
		}
		return nil
	}
}

func whole32(target *uint32) func(sobek.Value) error { return whole(target, math.MaxUint32) }
func whole16(target *uint16) func(sobek.Value) error { return whole(target, math.MaxUint16) }

// whole reads a number from 0 on. JS divides no numbers into whole ones and
// others, so that 5 may come as either.
func whole[N uint16 | uint32](target *N, most float64) func(sobek.Value) error {
	return func(v sobek.Value) error {
		n := v.ToFloat()
		if kind(v) != "number" || n != math.Trunc(n) || n < 0 || n > most {
			return fmt.Errorf("want a whole number from 0 to %.0f, got %s", most, describe(v))
		}
		*target = N(n)
		return nil
	}
}

// micros reads milliseconds, of which a fraction may be negative or missing.
func micros(target *int64) func(sobek.Value) error {
	return func(v sobek.Value) error {
		ms := v.ToFloat()
		if kind(v) != "number" || math.IsNaN(ms) || math.Abs(ms) > 1e13 {
			return fmt.Errorf("want a number of milliseconds, got %s", describe(v))
		}
		*target = int64(math.Round(ms * 1000))
		return nil
	}
}
