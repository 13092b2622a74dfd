package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

const maxPort = 65535

// portValue is a flag holding a TCP port, or 0 for any free one.
type portValue int

func newPort(p *int) *portValue { return (*portValue)(p) }

func (p *portValue) String() string { return strconv.Itoa(int(*p)) }
func (p *portValue) Type() string   { return "port" }

func (p *portValue) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxPort {
		return fmt.Errorf("want a whole number from 0 to %d", maxPort)
	}
	*p = portValue(n)
	return nil
}

// switchValue is a flag that is on or off.
type switchValue bool

func newSwitch(p *bool) *switchValue { return (*switchValue)(p) }

func (s *switchValue) String() string { return strconv.FormatBool(bool(*s)) }
func (s *switchValue) Type() string   { return "bool" }

func (s *switchValue) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("want true or false")
	}
	*s = switchValue(on)
	return nil
}

func flagError(_ *cobra.Command, err error) error { return &usageError{err} }

// noArguments refuses positional arguments, telling what is allowed instead.
func noArguments(allowed string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return &usageError{errors.New("unknown argument " + strconv.Quote(args[0]) + ": want " + allowed)}
	}
}
