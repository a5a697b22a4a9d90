// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("Reading documents")
struct ShellCommandTests {
    @Test("A command is found behind its environment, over several lines, without its remarks")
    func commands() {
        let text = """
            KEY=1 OTHER='a b' make test ARGS="--filter SDP"    # remarks
            # nothing
            curl -X DELETE \\
                "http://127.0.0.1:8080/whip"
            """
        #expect(
            ShellCommand.commands(in: text) == [
                ShellCommand(program: "make", arguments: ["test", "ARGS=--filter SDP"]),
                ShellCommand(program: "curl", arguments: ["-X", "DELETE", "http://127.0.0.1:8080/whip"]),
            ]
        )
    }

    @Test("Headings, tables, blocks, links and code are told apart")
    func document() {
        let text = """
            # One `two`, three
            See [there](a.md#b) and `not [here](c.md)`.

            ## A
            | k | v |
            |---|---|
            | `x` | [y](z.md) |

            ```sh
            # no heading
            ls
            ```
            ## A
            """
        let document = Document(path: "x.md", text: text)
        #expect(document.headings.map(\.anchor) == ["one-two-three", "a", "a-1"])
        #expect(document.links == ["a.md#b", "z.md"])
        #expect(document.codeSpans == ["two", "not [here](c.md)", "x"])
        #expect(document.blocks == [Document.Block(language: "sh", text: "# no heading\nls\n", line: 10)])
        #expect(document.tables == [Document.Table(section: "A", rows: [["k", "v"], ["`x`", "[y](z.md)"]])])
    }

    @Test("The options of commands are read off the sources")
    func options() throws {
        let sources = try CommandLineSources()
        #expect(sources.names(of: "serve").isSuperset(of: ["--media-port", "--insecure", "--env-file", "--log-level"]))
        #expect(sources.names(of: "publish").contains("<endpoint>"))
        #expect(sources.commands["local"]?.first { $0.name == "--media-port" }?.defaultValue == "41000")
        #expect(sources.commands["serve"]?.first { $0.name == "--port" }?.defaultValue == "8080")
    }
}
