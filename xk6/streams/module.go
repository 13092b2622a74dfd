// Package streams is the k6 module k6/x/redis-streams: adding the events of a
// workload to a Redis stream in pipelines, with an outcome for each of them.
package streams

import (
	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"throughline.dev/xk6/internal/workload"
)

func init() { modules.Register("k6/x/redis-streams", New()) }

// RootModule is the module as k6 registers it, once for the process.
type RootModule struct{ templates workload.Shared }

// New returns the module for registration.
func New() *RootModule { return &RootModule{} }

// NewModuleInstance returns the module as one VU sees it.
func (root *RootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{vu, &root.templates}
}

type instance struct {
	vu        modules.VU
	templates *workload.Shared
}

// Exports returns what a script can import.
func (in *instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{
		"Streams":  in.construct,
		"Template": func(call sobek.ConstructorCall) *sobek.Object { return workload.Construct(in.vu.Runtime(), call) },
	}}
}

// construct is the JS constructor Streams.
func (in *instance) construct(call sobek.ConstructorCall) *sobek.Object {
	rt := in.vu.Runtime()
	opts, err := readOptions(call.Argument(0))
	if err != nil {
		common.Throw(rt, err)
	}
	return rt.ToValue(&Streams{vu: in.vu, templates: in.templates, options: opts}).ToObject(rt)
}
