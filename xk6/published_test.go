package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// canonicalEvent has the field types of the gateway's decoder, which knows no program_id.
type canonicalEvent struct {
	EventID         string    `json:"event_id"`
	Chain           int       `json:"chain"`
	CommitmentLevel int       `json:"commitment_level"`
	BlockNumber     uint64    `json:"block_number"`
	BlockHash       string    `json:"block_hash"`
	TxHash          string    `json:"tx_hash"`
	EventType       string    `json:"event_type"`
	Accounts        []string  `json:"accounts"`
	Timestamp       time.Time `json:"timestamp"`
	Payload         []byte    `json:"payload"`
	ReorgAction     int       `json:"reorg_action"`
	NativeValue     uint64    `json:"native_value"`
	PublishedAt     time.Time `json:"published_at"`
}

// TestPublishedEventsDecode reads what nats.js publishes; the unit tests keep the fixture up to date.
func TestPublishedEventsDecode(t *testing.T) {
	file, err := os.Open("testdata/published.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chains := map[int]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var event canonicalEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		chains[event.Chain] = true
		if !strings.HasPrefix(event.EventID, "evt_") || event.CommitmentLevel != 3 || event.ReorgAction != 1 ||
			event.BlockNumber == 0 || len(event.Accounts) == 0 || len(event.Payload) != 32 {
			t.Errorf("lost in decoding: %+v", event)
		}
		if !event.Timestamp.Equal(event.PublishedAt.Truncate(time.Second)) {
			t.Errorf("%s is not the second of %s", event.Timestamp, event.PublishedAt)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for chain := 1; chain <= 8; chain++ {
		if !chains[chain] {
			t.Errorf("no event of chain %d", chain)
		}
	}
}
