package workload

import (
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func named(t *testing.T, script string) sobek.Value {
	t.Helper()
	v, err := sobek.New().RunString("(" + script + ")")
	require.NoError(t, err)
	return v
}

// Two VUs ask for the same name: the second has what the first made.
func TestShared(t *testing.T) {
	t.Parallel()
	var shared Shared
	written := func(vu, name string) string {
		t.Helper()
		text := strings.NewReplacer("NAME", name, "VU", vu).Replace(
			`{name: "NAME", make: () => ({seed: 1, variants: [{subject: "s", pieces: ["VU"]}]})}`)
		made, err := shared.read(named(t, text))
		require.NoError(t, err)
		_, data := (&Writer{template: made}).Append(nil, &Trace{})
		return string(data)
	}
	assert.Equal(t, "first", written("first", "events"))
	assert.Equal(t, "first", written("second", "events"))
	assert.Equal(t, "second", written("second", "others"))
}

func TestSharedMistakes(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`{name: "events"}`:                                        "want a Template or { name, make }, got [object Object]",
		`{name: 5, make: () => ({})}`:                             "want a Template or { name, make }, got [object Object]",
		`{name: "events", make: {seed: 1}}`:                       "want a Template or { name, make }, got [object Object]",
		`{name: "events", make() { throw "nothing to publish" }}`: "nothing to publish",
		`{name: "events", make: () => ({seed: 1, variants: []})}`: "template events: it has no variants: want one at least",
	} {
		var shared Shared
		_, err := shared.read(named(t, script))
		assert.ErrorContains(t, err, want, script)
		// What could not be made is made when it is asked for again.
		_, err = shared.read(named(t, `{name: "events", make: () => ({seed: 1, variants: [{subject: "s", pieces: []}]})}`))
		assert.NoError(t, err, script)
	}
}
