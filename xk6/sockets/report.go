package sockets

import (
	"encoding/json"
	"strconv"
)

// appendReport appends what arrived up to a moment, in Unix ms by the clock of
// the report's receiver, as the receiver reads it, and takes it out.
func (a *arrivals) appendReport(to []byte, through float64) []byte {
	to = append(to, '{')
	to = append(to, a.head...)
	to = append(to, `,"through":`...)
	to = strconv.AppendFloat(to, through, 'f', -1, 64)
	to = append(to, `,"closed":false,"ids":`...)
	to = appendText(to, a.ids)
	to = append(to, `,"times":[`...)
	for place, time := range a.times {
		if place > 0 {
			to = append(to, ',')
		}
		to = strconv.AppendInt(to, time, 10)
	}
	a.ids, a.times, a.reportedThrough = nil, nil, through
	return append(to, "]}"...)
}

// isDue says whether there is something to report: arrivals, a first word, or a
// sign of life.
func (a *arrivals) isDue(through, heartbeat float64) bool {
	return len(a.times) > 0 || a.reportedThrough == 0 || through-a.reportedThrough >= heartbeat
}

// appendText appends a text as JSON has it. Ids that are whole need no escape.
func appendText(to, text []byte) []byte {
	for _, b := range text {
		if b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			escaped, _ := json.Marshal(string(text))
			return append(to, escaped...)
		}
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}
