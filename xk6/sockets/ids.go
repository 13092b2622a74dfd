package sockets

import (
	"bytes"
	"regexp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Event ids in texts, found as systems/pulse/frames.ts and core/trace.ts find
// them. What they say is read by whoever judges them.

const (
	// idLength is in UTF-16 units, as scripts and the receiver count.
	idLength = 48
	// keyLength is that of a key before an id, with some space round its colon.
	keyLength = 20
)

var idMarker, idSeparator = []byte("evt_"), []byte("000_")

// separatorAt is where the separator of an id stands in it.
const separatorAt = 20

// indexFrom is where a part begins in a text, at or after a place; -1 without one.
func indexFrom(text, part []byte, from int) int {
	if from >= len(text) {
		return -1
	}
	if at := bytes.Index(text[from:], part); at >= 0 {
		return from + at
	}
	return -1
}

// idAt is the id at a place of a text; nil where there is none, because other
// texts may contain the marker.
func idAt(text []byte, start int) []byte {
	if end := start + idLength; end <= len(text) && isASCII(text[start:end]) {
		if id := text[start:end]; bytes.Equal(id[separatorAt:separatorAt+len(idSeparator)], idSeparator) {
			return id
		}
		return nil
	}
	units := utf16.Encode([]rune(string(text[start:min(len(text), start+idLength*utf8.UTFMax)])))
	if len(units) < idLength {
		return nil
	}
	id := []byte(string(utf16.Decode(units[:idLength])))
	if at := string(utf16.Decode(units[separatorAt : separatorAt+len(idSeparator)])); at != string(idSeparator) {
		return nil
	}
	return id
}

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// findID is the first id in a text, and where it stands; nil without one.
func findID(text []byte) ([]byte, int) {
	for at := bytes.Index(text, idMarker); at >= 0; at = indexFrom(text, idMarker, at+1) {
		if id := idAt(text, at); id != nil {
			return id, at
		}
	}
	return nil, -1
}

// soleID is the id of a text that holds no other; nil where it takes a closer
// look to tell.
func soleID(text []byte) []byte {
	start := bytes.Index(text, idMarker)
	if start < 0 || start+idLength > len(text) || indexFrom(text, idMarker, start+idLength) >= 0 {
		return nil
	}
	if id := text[start : start+idLength]; isASCII(id) {
		return idAt(text, start)
	}
	return nil
}

// idsIn is every id of a text, one for each event. Where a text repeats the id
// of an event under other keys, only those under the key count; where none is
// there under that key, each id counts once.
func idsIn(text []byte, key *regexp.Regexp) [][]byte {
	first, start := findID(text)
	if first == nil {
		return nil
	}
	var keyed, all [][]byte
	for at := start; at >= 0; at = indexFrom(text, idMarker, at+len(idMarker)) {
		id := idAt(text, at)
		if id == nil {
			continue
		}
		if key.Match(text[max(0, at-keyLength):at]) {
			keyed = append(keyed, id)
		}
		if len(keyed) == 0 {
			all = append(all, id)
		}
	}
	if len(keyed) > 0 {
		return keyed
	}
	return eachOnce(all)
}

// eachOnce leaves the first of those that are equal.
func eachOnce(ids [][]byte) [][]byte {
	seen := make(map[string]struct{}, len(ids))
	return slices.DeleteFunc(ids, func(id []byte) bool {
		_, isSeen := seen[string(id)]
		seen[string(id)] = struct{}{}
		return isSeen
	})
}
