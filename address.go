package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// addressList is the addresses of a flag that can be repeated. Kong's own lists leave out the empty ones, which have to
// be refused.
type addressList []string

// Decode adds the addresses of one flag, or of the environment, which are separated by commas.
func (l *addressList) Decode(ctx *kong.DecodeContext) error {
	var addresses string
	if err := ctx.Scan.PopValueInto("address", &addresses); err != nil {
		return err
	}
	*l = append(*l, strings.Split(addresses, ",")...)
	return nil
}

// validate returns an error if one of the addresses cannot be listened on.
func (l addressList) validate(flag string, defaultPort int) error {
	for _, address := range l {
		if err := validateAddress(flag, address, defaultPort); err != nil {
			return err
		}
	}
	return nil
}

// validateAddress returns an error that says why nothing can listen on the address of a flag, or nil.
func validateAddress(flag, address string, defaultPort int) error {
	problem := addressProblem(address)
	if problem == "" {
		return nil
	}
	return fmt.Errorf("%s=%q: %s (expected HOST:PORT, such as 127.0.0.1:%d or :%d)", flag, address, problem, defaultPort, defaultPort)
}

// addressProblem says why nothing can listen on address, or "".
func addressProblem(address string) string {
	if address == "" {
		return "the address is empty"
	}
	host, port, err := net.SplitHostPort(address)
	_, notPort := strconv.ParseUint(port, 10, 16)
	switch {
	case strings.Contains(address, "/"):
		return "not a host and port"
	case strings.Contains(address, ","):
		return "only one address can be given"
	case err != nil && strings.Count(address, ":") > 1 && !strings.Contains(address, "["):
		return "an IPv6 address needs brackets"
	case err != nil && strings.ContainsAny(address, "[]"):
		return "not a host and port"
	case err != nil, port == "":
		return "the port is missing"
	case notPort != nil:
		return "the port must be a number from 0 to 65535"
	}
	_, err = netip.ParseAddr(host)
	digitsOnly := host != "" && strings.Trim(host, "0123456789.") == ""
	switch {
	case err == nil || host == "":
	case digitsOnly || strings.Contains(host, ":"):
		return "not an IP address"
	case strings.ContainsFunc(host, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }):
		return "not a host name"
	}
	return ""
}
