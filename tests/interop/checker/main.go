// Checks our exports with the Go team's transparency log library alone (golang.org/x/mod/sumdb): nothing of ours is in it.
//
//	checker log DIR VKEY               the folder of a log: checkpoint, every hash tile, every entry
//	checker proof FILE ENTRY VKEY      a C2SP tlog-proof and the file that holds the entry's bytes
//	checker extends OLD NEW PROOF VKEY two checkpoints and a file of base64 hashes: is the second a growth of the first
//
// Exit 0 and one line where it holds, 1 and the reason where not.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func run(args []string) (string, error) {
	switch {
	case len(args) == 3 && args[0] == "log":
		return checkLog(args[1], args[2])
	case len(args) == 4 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3])
	case len(args) == 5 && args[0] == "extends":
		return checkExtends(args[1], args[2], args[3], args[4])
	}
	return "", fmt.Errorf("wrong use")
}

func open(data []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	read, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(read.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// hashes are the stored hashes of a log, made anew from its entries.
type hashes []tlog.Hash

func (all hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := []tlog.Hash{}
	for _, at := range indexes {
		found = append(found, all[at])
	}
	return found, nil
}

// checkLog makes every hash anew from the entries and compares root and tiles with it. The library's own TileHashReader is
// not enough: as Debian 12 has it (0.7.0), it leaves some full tiles unchecked where several subtrees end in one tile.
func checkLog(dir, vkey string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := open(data, vkey)
	if err != nil {
		return "", err
	}
	all := hashes{}
	for first := int64(0); first < tree.N; first += 256 {
		if all, err = withEntries(all, dir, first, min(256, tree.N-first)); err != nil {
			return "", err
		}
	}
	root, err := tlog.TreeHash(tree.N, all)
	if err != nil || root != tree.Hash {
		return "", fmt.Errorf("the entries do not give the signed root")
	}
	tiles := tlog.NewTiles(8, 0, tree.N)
	for at, tile := range tiles {
		if at+1 < len(tiles) && tiles[at+1].L == tile.L && tiles[at+1].N == tile.N {
			continue // a partial tile of an earlier size
		}
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		wanted, err := tlog.ReadTileData(tile, all)
		if err != nil {
			return "", err
		}
		if held, err := os.ReadFile(filepath.Join(dir, path)); err != nil || !bytes.Equal(held, wanted) {
			return "", fmt.Errorf("%s is not of these entries", path)
		}
	}
	return fmt.Sprintf("%d entries", tree.N), nil
}

func withEntries(all hashes, dir string, first, width int64) (hashes, error) {
	tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}
	path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return nil, err
	}
	for at := first; at < first+width; at++ {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is short", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		more, err := tlog.StoredHashes(at, data[2:end], all)
		if err != nil {
			return nil, err
		}
		all, data = append(all, more...), data[end:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%s is long", path)
	}
	return all, nil
}

func checkProof(file, entry, vkey string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(entry)
	if err != nil {
		return "", err
	}
	head, signed, _ := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", fmt.Errorf("not a proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return "", err
	}
	hashes, err := parseHashes(lines[2:])
	if err != nil {
		return "", err
	}
	tree, err := open(signed, vkey)
	if err != nil {
		return "", err
	}
	err = tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(raw))
	return fmt.Sprintf("entry %d of %d", index, tree.N), err
}

func checkExtends(old, new, file, vkey string) (string, error) {
	trees := []tlog.Tree{}
	for _, path := range []string{old, new} {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		tree, err := open(data, vkey)
		if err != nil {
			return "", err
		}
		trees = append(trees, tree)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	hashes, err := parseHashes(strings.Fields(string(data)))
	if err != nil {
		return "", err
	}
	err = tlog.CheckTree(hashes, trees[1].N, trees[1].Hash, trees[0].N, trees[0].Hash)
	return fmt.Sprintf("%d grew to %d", trees[0].N, trees[1].N), err
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, line := range lines {
		data, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(data) != tlog.HashSize {
			return nil, fmt.Errorf("not a hash: %q", line)
		}
		hashes = append(hashes, tlog.Hash(*(*[tlog.HashSize]byte)(data)))
	}
	return hashes, nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
