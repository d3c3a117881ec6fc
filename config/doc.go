// Package config turns the YAML configuration into a value that can only be valid.
//
// What happens here: files are read, every problem in them is found in one go and named by file, line and key, secrets
// are taken from their files and job files are read again when they change, and a changed configuration is handed on as
// a whole or not at all.
//
// What does not: no call of the API is made, and nothing here knows what is done with a configuration.
package config
