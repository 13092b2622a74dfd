// Package script reads what scripts pass to Go: objects of options, and says in
// one line which of them is wrong and what is allowed.
package script

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
)

// Setters holds, for an object of options, one function per name it may have.
type Setters map[string]func(sobek.Value) error

// OptionError is a mistake in one option.
type OptionError struct {
	Name    string
	Problem error
}

// Error names the option.
func (e *OptionError) Error() string { return fmt.Sprintf("option %q: %s", e.Name, e.Problem) }

// Unwrap returns the problem.
func (e *OptionError) Unwrap() error { return e.Problem }

// Mistake is a wrong argument as a script catches it: a TypeError, which is not
// taken for a failure of what the arguments are for.
func Mistake(rt *sobek.Runtime, err error) *sobek.Object { return rt.NewTypeError("%s", err.Error()) }

// Apply hands every property of the object to its setter; prefix leads to the
// object in error messages.
func (s Setters) Apply(prefix string, v sobek.Value) error {
	obj, ok := v.(*sobek.Object)
	if !ok {
		return fmt.Errorf("want an object of options, got %s", Describe(v))
	}
	for _, name := range obj.Keys() {
		set, known := s[name]
		if !known {
			allowed := slices.Sorted(maps.Keys(s))
			return &OptionError{prefix + name, fmt.Errorf("unknown, want one of %s", strings.Join(allowed, ", "))}
		}
		value := obj.Get(name)
		if common.IsNullish(value) {
			continue
		}
		if err := set(value); err != nil {
			if nested := (*OptionError)(nil); errors.As(err, &nested) {
				return err
			}
			return &OptionError{prefix + name, err}
		}
	}
	return nil
}

// Text reads a string.
func Text(target *string) func(sobek.Value) error {
	return func(v sobek.Value) error {
		s, ok := v.Export().(string)
		if !ok {
			return fmt.Errorf("want a string, got a %s", Kind(v)) // not the value: it may be a secret
		}
		*target = s
		return nil
	}
}

// Boolean reads true or false.
func Boolean(target *bool) func(sobek.Value) error {
	return func(v sobek.Value) error {
		b, ok := v.Export().(bool)
		if !ok {
			return fmt.Errorf("want true or false, got %s", Describe(v))
		}
		*target = b
		return nil
	}
}

// Millis reads a duration in milliseconds above 0.
func Millis(target *time.Duration) func(sobek.Value) error {
	return func(v sobek.Value) error {
		ms := v.ToFloat()
		if Kind(v) != "number" || !(ms > 0) {
			return fmt.Errorf("want a number of milliseconds above 0, got %s", Describe(v))
		}
		*target = time.Duration(ms * float64(time.Millisecond))
		return nil
	}
}

// Kind is what typeof says of a value that is not a string.
func Kind(v sobek.Value) string {
	switch v.Export().(type) {
	case bool:
		return "boolean"
	case int64, float64:
		return "number"
	}
	return "object"
}

// Describe is the value as an error message quotes it.
func Describe(v sobek.Value) string {
	if common.IsNullish(v) {
		return "nothing"
	}
	if s, isText := v.Export().(string); isText {
		return fmt.Sprintf("%q", s)
	}
	return v.String()
}

// Positive reads a whole number above 0.
func Positive(target *int) func(sobek.Value) error {
	return func(v sobek.Value) error {
		n, ok := v.Export().(int64)
		if !ok || n < 1 {
			return fmt.Errorf("want a whole number above 0, got %s", Describe(v))
		}
		*target = int(n)
		return nil
	}
}

// List hands every element of an array to read; noun is what one is called.
func List(noun string, read func(sobek.Value) error) func(sobek.Value) error {
	return func(v sobek.Value) error {
		array, ok := v.(*sobek.Object)
		if !ok || array.ClassName() != "Array" {
			return fmt.Errorf("want an array, got %s", Describe(v))
		}
		for i := range array.Get("length").ToInteger() {
			if err := read(array.Get(strconv.FormatInt(i, 10))); err != nil {
				return fmt.Errorf("%s %d: %w", noun, i, err)
			}
		}
		return nil
	}
}

// Whole32 reads a whole number from 0 on.
func Whole32(target *uint32) func(sobek.Value) error { return whole(target, math.MaxUint32) }

// Whole16 reads a whole number from 0 on.
func Whole16(target *uint16) func(sobek.Value) error { return whole(target, math.MaxUint16) }

// whole reads a number from 0 on. JS divides no numbers into whole ones and
// others, so that 5 may come as either.
func whole[N uint16 | uint32](target *N, most float64) func(sobek.Value) error {
	return func(v sobek.Value) error {
		n := v.ToFloat()
		if Kind(v) != "number" || n != math.Trunc(n) || n < 0 || n > most {
			return fmt.Errorf("want a whole number from 0 to %.0f, got %s", most, Describe(v))
		}
		*target = N(n)
		return nil
	}
}

// Micros reads milliseconds, of which a fraction may be negative or missing.
func Micros(target *int64) func(sobek.Value) error {
	return func(v sobek.Value) error {
		ms := v.ToFloat()
		if Kind(v) != "number" || math.IsNaN(ms) || math.Abs(ms) > 1e13 {
			return fmt.Errorf("want a number of milliseconds, got %s", Describe(v))
		}
		*target = int64(math.Round(ms * 1000))
		return nil
	}
}

// TextOf returns a string; false for anything else.
func TextOf(v sobek.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	s, ok := v.(sobek.String)
	if !ok {
		return "", false
	}
	return s.String(), true
}
