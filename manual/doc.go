// Package manual writes what a packager ships beside the program: the manual page and the completions of bash, zsh and
// fish. All of it comes from kong's model of the command line, so nothing has to be said twice; this package knows no
// command of its own.
package manual
