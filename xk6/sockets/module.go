// Package sockets is the k6 module k6/x/sockets: WebSocket clients as they are
// in the field. Some vanish without a word, and some read more slowly than is
// sent to them; k6's own WebSockets say goodbye and read all there is.
package sockets

import (
	"errors"

	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
)

func init() { modules.Register("k6/x/sockets", New()) }

// RootModule is the module as k6 registers it, once for the process.
type RootModule struct{}

// New returns the module for registration.
func New() *RootModule { return &RootModule{} }

// NewModuleInstance returns the module as one VU sees it.
func (*RootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{vu: vu}
}

// instance is the module in one VU.
type instance struct {
	vu   modules.VU
	dial *dialer
}

// Exports returns what a script can import.
func (in *instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{
		"follow": in.follow, "vanish": in.vanish, "Sockets": in.construct,
	}}
}

// follow keeps hold of the connections that this VU opens from now on. They
// are read at so many bytes a second; 0 reads as fast as it goes.
func (in *instance) follow(bytesPerSecond float64) {
	state := in.vu.State()
	if state == nil {
		common.Throw(in.vu.Runtime(), errors.New("follow: connections are opened in functions only"))
	}
	if in.dial == nil {
		in.dial = &dialer{DialContexter: state.Dialer}
		state.Dialer = in.dial
	}
	in.dial.read(bytesPerSecond)
}

// vanish ends the followed connections as a client does that is gone: no
// closing frame is sent, and no alert of TLS. It returns how many there were.
func (in *instance) vanish() int {
	if in.dial == nil {
		return 0
	}
	return in.dial.cut()
}
