// Package nats is the k6 module k6/x/nats: publishing to and subscribing at a
// NATS server, with JetStream acknowledgements accounted for message by message.
package nats

import (
	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"throughline.dev/xk6/internal/workload"
)

func init() { modules.Register("k6/x/nats", New()) }

// RootModule is the module as k6 registers it, once for the process.
type RootModule struct{ templates workload.Shared }

// New returns the module for registration.
func New() *RootModule { return &RootModule{} }

// NewModuleInstance returns the module as one VU sees it.
func (root *RootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	in := &instance{vu: vu, templates: &root.templates, deliveries: newDeliveries(vu)}
	in.exports = map[string]any{
		"Nats":     in.construct,
		"Template": func(call sobek.ConstructorCall) *sobek.Object { return workload.Construct(vu.Runtime(), call) },
		"totals":   totals.snapshot,
	}
	return in
}

// instance is the module in one VU. It and its clients are used on that VU's
// goroutine only.
type instance struct {
	vu         modules.VU
	templates  *workload.Shared
	deliveries *deliveries
	exports    map[string]any
}

// Exports returns what a script can import.
func (in *instance) Exports() modules.Exports { return modules.Exports{Named: in.exports} }

// construct is the JS constructor Nats.
func (in *instance) construct(call sobek.ConstructorCall) *sobek.Object {
	rt := in.vu.Runtime()
	opts, err := readOptions(rt, call.Argument(0))
	if err != nil {
		common.Throw(rt, err)
	}
	c := newClient(in, opts)
	for name, method := range c.methods() {
		if err := call.This.Set(name, method); err != nil {
			common.Throw(rt, err)
		}
	}
	return nil
}
