package nats

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What scripts write of the same templates, test/integration/template.test.ts
// compares; here is what each slot means.
func TestTemplateSlots(t *testing.T) {
	t.Parallel()
	vu := newVU(t, nil)
	for slot, want := range map[string]string{
		`{slot: "identity", spelling: "text"}`:                            "evt_1767225600123456000_0000002a0007000001034f97",
		`{slot: "identity", spelling: "hash"}`:                            "0x7468726f7567686c696e6500010000002a000700000103064748462222404f97",
		`{slot: "identity", spelling: "uuid"}`:                            "0000002a-0007-8000-9010-3daa87b42394",
		`{slot: "identity", spelling: "number"}`:                          "8070451085550178071",
		`{slot: "time", unit: "iso"}`:                                     "2026-01-01T00:00:00.123Z",
		`{slot: "time", unit: "iso", from: 2, to: 19}`:                    "26-01-01T00:00:00",
		`{slot: "time", unit: "unixms"}`:                                  "1767225600123",
		`{slot: "number"}`:                                                "259",
		`{slot: "number", digits: 8}`:                                     "00000103",
		`{slot: "number", digits: 2}`:                                     "103",
		`{slot: "number", every: 100, from: 18000000}`:                    "18000002",
		`{slot: "number", every: 100, from: 1, digits: 3, times: 3}`:      "003003003",
		`{slot: "number", seed: 1}`:                                       "2930609106",
		`{slot: "number", seed: 1, digits: 8, times: 2}`:                  "aead8bd2aead8bd2",
		`{slot: "number", seed: 1, every: 100, digits: 8}`:                "725ce18e",
		`{slot: "number", seed: 4294967295, from: 4294967036, digits: 8}`: "81f16f39",
		`{slot: "number", seed: 1, below: 100, plus: 1000}`:               "1006",
		`{slot: "number", seed: 1, plus: 4294967295}`:                     "7225576401",
		`{slot: "number", modulo: 100}`:                                   "59",
		`{slot: "number", every: 5, modulo: 7, from: 40}`:                 "42",
		`{slot: "time", unit: "unix"}`:                                    "1767225600",
		`"hé"`:                                                            "hé",
	} {
		got, err := vu.run(`report(JSON.stringify(new Template({seed: 3, variants: [{subject: "s.a", pieces: ["<", ` + slot + `, ">"]}]})
			.write({run: 42, publisher: 7, seq: 259, publishedAt: 1767225600123.456})))`)
		require.NoError(t, err, slot)
		var written struct{ Subject, Data string }
		require.NoError(t, json.Unmarshal([]byte(got[0].(string)), &written))
		assert.Equal(t, "<"+want+">", written.Data, slot)
		assert.Equal(t, "s.a", written.Subject)
	}
}

func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	vu := newVU(t, nil).init("")
	two := func(unwanted string) string {
		return `new Template({seed: 1, variants: [{pieces: []}, {pieces: []}], unwanted: ` + unwanted + `})`
	}
	piece := func(text string) string {
		return `new Template({seed: 1, variants: [{subject: "s", pieces: [` + text + `]}]})`
	}
	trace := func(change string) string {
		return piece(`{slot: "identity", spelling: "uuid"}`) +
			`.write(Object.assign({run: 1, publisher: 1, seq: 1, publishedAt: 1}, ` + change + `))`
	}
	const in = `template: variant 0: piece 0: `
	for script, want := range map[string]string{
		`new Template()`:                               "template: want an object of options, got nothing",
		`new Template({seed: 1})`:                      "template: it has no variants: want one at least",
		`new Template({seed: -1, variants: []})`:       `template: option "seed": want a whole number from 0 to 4294967295, got -1`,
		`new Template({seed: 1, variants: {}})`:        `template: option "variants": want an array, got [object Object]`,
		two(`{share: 2}`):                              `template: option "unwanted.share": want a number from 0 to 1, got 2`,
		two(`{share: 0.5}`):                            `template: option "unwanted.count": want one at least where they have a share`,
		two(`{count: 2}`):                              `template: option "unwanted.count": want less than the 2 variants, got 2`,
		piece(`{}`):                                    in + `option "slot": want identity, time or number, got ""`,
		piece(`null`):                                  in + `option "slot": want identity, time or number, got nothing`,
		piece(`{slot: "identity", spelling: "roman"}`): in + `option "spelling": want text, hash, uuid or number, got "roman"`,
		piece(`{slot: "time", unit: "week"}`):          in + `option "unit": want iso, unix or unixms, got "week"`,
		piece(`{slot: "time", unit: "iso", to: 25}`):   in + `option "to": want 24 at most and not below from, got 0 to 25`,
		piece(`{slot: "time", unit: "iso", from: 25}`): in + `option "to": want 24 at most and not below from, got 25 to 24`,
		piece(`{slot: "number", every: 0}`):            in + `option "every": want a whole number above 0, got 0`,
		piece(`{slot: "number", digits: 17}`):          in + `option "digits": want at most 16, got 17`,
		piece(`{slot: "number", times: 1.5}`):          in + `option "times": want a whole number from 0 to 65535, got 1.5`,
		piece(`{slot: "number", colour: 1}`):           in + `option "colour": unknown, want one of below, digits, every, from, modulo, plus, seed, slot, spelling, times, to, unit`,
		trace(`{seq: 268435456}`):                      "template: write an event: event 268435456: want a number below 268435456, UUIDs and numbers have no room for more",
		trace(`{publisher: 65536}`):                    `template: write an event: option "publisher": want a whole number from 0 to 65535, got 65536`,
		trace(`{publishedAt: NaN}`):                    `template: write an event: option "publishedAt": want a number of milliseconds, got NaN`,
	} {
		assert.Equal(t, want, vu.failure(script), script)
	}
}
