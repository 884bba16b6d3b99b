//! Servers that a project runs for whoever works on it, and those that everyone on the network reaches.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use support::check;

#[test]
fn a_server_for_this_machine_alone_is_a_task_of_the_project() {
    check(
        Allow,
        &[
            "uvicorn app:app --reload",
            "gunicorn -w 2 -b 127.0.0.1:8000 app:app",
            "python -m flask run --port 5001",
            "python -m uvicorn app.main:app --host localhost",
            "vite --host 127.0.0.1",
            "hugo server --bind=127.0.0.1",
            "python manage.py runserver 8001",
            "celery -A app worker -l info",
        ],
    );
}

#[test]
fn a_server_that_everyone_on_the_network_reaches_is_asked_about() {
    check(
        Ask,
        &[
            "uvicorn app:app --host 0.0.0.0",
            "gunicorn -b 0.0.0.0:8000 app:app",
            "gunicorn --bind='[::]:8000' app:app",
            "python -m uvicorn app.main:app --host=0.0.0.0",
            "flask run --host=0.0.0.0",
            "vite --host 0.0.0.0",
            "ng serve --host 0.0.0.0",
            "hugo server --bind ::",
            "python manage.py runserver 0.0.0.0:8000",
            "./manage.py runserver 0.0.0.0:8000",
            "php artisan serve --host=0.0.0.0",
            "rails server -b 0.0.0.0",
        ],
    );
}

#[test]
fn the_folder_that_a_server_shows_is_read_with_all_in_it() {
    check(
        Ask,
        &[
            "python3 -m http.server -d docs",
            "php -S localhost:8000 -t public",
        ],
    );
    check(
        Deny,
        &[
            "python3 -m http.server -d ~/.ssh",
            "python3 -m http.server --directory=/home/dev/.aws 8000",
            "cd ~/.ssh && python3 -m http.server",
            "php -S 127.0.0.1:8000 -t /home/dev/.gnupg",
        ],
    );
}
