// Verifies a proof of the sealed log, and says which entry of which log it is about. It shares nothing with the program.
//
//	verifier KEY-FILE PROOF-FILE ENTRY-FILE [ROOT-OF-ROWS NUMBER-OF-ROWS]
//
// With what the entry says of its rows, their root in base64 and their number, it also follows the row that the proof is
// about to that root.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	// One key a line: a log may have had several.
	var keys []note.Verifier
	for _, line := range strings.Fields(read(os.Args[1])) {
		keys = append(keys, must(note.NewVerifier(line)))
	}
	verifier := keys[0]
	head, checkpoint, _ := strings.Cut(read(os.Args[2]), "\n\n")
	opened := must(note.Open([]byte(checkpoint), note.VerifierList(keys...)))
	tree := must(parseTree(opened.Text, verifier.Name()))

	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatal("no tlog-proof")
	}
	var extra []byte
	if text, has := strings.CutPrefix(lines[1], "extra "); has {
		extra = must(base64.StdEncoding.DecodeString(text))
		lines = lines[1:]
	}
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64))
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		path = append(path, must(tlog.ParseHash(line)))
	}
	check(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash([]byte(read(os.Args[3])))))
	fmt.Printf("entry %d of %d in %s\n", index, tree.N, verifier.Name())
	if len(os.Args) > 5 {
		checkRow(extra, must(tlog.ParseHash(os.Args[4])), must(strconv.ParseUint(os.Args[5], 10, 32)))
	}
}

func checkRow(extra []byte, root tlog.Hash, rows uint64) {
	index, size := binary.BigEndian.Uint32(extra[1:]), binary.BigEndian.Uint32(extra[5:])
	if extra[0] != 1 || uint64(size) != rows {
		log.Fatal("not the place of a row in this entry")
	}
	rest := extra[10:]
	var path tlog.RecordProof
	for range extra[9] {
		path = append(path, tlog.Hash(rest[:32]))
		rest = rest[32:]
	}
	leaf := rest[2 : 2+binary.BigEndian.Uint16(rest)]
	check(tlog.CheckRecord(path, int64(size), root, int64(index), tlog.RecordHash(leaf)))
	fmt.Printf("row %d of %d in the entry\n", index, size)
}

// parseTree reads a checkpoint, whose first line is the origin of the log.
func parseTree(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s", origin)
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	return tlog.Tree{N: size, Hash: hash}, err
}

func read(path string) string { return string(must(os.ReadFile(path))) }

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
