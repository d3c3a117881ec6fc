package simulator

import (
	"encoding/json"
	"net/http"
)

// apiError is a refused call. Every one is answered with status 400 and these two members (doc).
type apiError struct {
	ErrorType    string
	ErrorComment string
}

func missing(parameter string) *apiError {
	return &apiError{"MISSING_PARAMETER", "Missing required parameter: " + parameter}
}

func invalid(comment string) *apiError { return &apiError{"INVALID_QUERY", comment} }

func badToken() *apiError { return &apiError{"BAD_API_TOKEN", "Invalid or expired API token"} }

func notFound() *apiError { return &apiError{"ITEM_NOT_FOUND", "No job with this job_id"} }

func unprivileged(what string) *apiError {
	return &apiError{"ACCOUNT_UNPRIVILEGED", "No access to this " + what}
}

func loginInvalid() *apiError {
	return &apiError{"LOGIN_INVALID", "Invalid username, password or securekey"}
}

func (e *apiError) write(w http.ResponseWriter) { writeJSON(w, http.StatusBadRequest, e) }

// writeJSON writes v, which always marshals, as the whole answer.
func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
